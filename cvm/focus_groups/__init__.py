"""Focus groups of a stage (客户座谈): draw, invite, attendance, needs, ideas for offers."""
