"""The rule for passwords whose refusal Django has not got in Chinese."""

from django.contrib.auth.password_validation import MinimumLengthValidator


class LongEnough(MinimumLengthValidator):
    """A least number of characters; refused in the words of the help beside the field, which are translated."""

    def get_error_message(self) -> str:
        """Return the sentence under the field."""
        return self.get_help_text()
