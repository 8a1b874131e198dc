"""Events as they happen, from the door to the card on the desk; the log of them and the keys they are signed with."""
