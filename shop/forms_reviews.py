"""What a review asks of its author, and a refusal of the desk."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.consent import notices
from privacy.consent.vocabulary import Matter
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from shop import photos
from shop.models import Review
from shop.models.reviews import ANONYMOUS
from shop.reviews import Allowed, Mine, Picture, Words

RATINGS: Final = [("5", "5, excellent"), ("4", "4, good"), ("3", "3, fair"), ("2", "2, poor"), ("1", "1, bad")]
NO_PHOTO: Final = "There is no photo to show. Add one, or leave this box empty."
BOXES: Final = {"publish": Matter.PUBLISH_REVIEW, "use_photo": Matter.USE_PHOTO}
"""The fields that are consents: each a box of its own, with the words that the ledger keeps."""


class ReviewForm(forms.Form):
    """Stars, words, a name, a photo; and two boxes, neither of which the form needs to be sent."""

    rating = forms.ChoiceField(
        label="Your rating",
        choices=RATINGS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of these.", "invalid_choice": "Choose one of these."},
    )
    title = FreeText(label="In a few words", max_length=80)
    text = FreeText(
        label="Your review",
        max_length=2_000,
        min_length=10,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="How it looks, fits and wears. Please name nobody else.",
    )
    language = forms.ChoiceField(label="Written in", choices=settings.LANGUAGES)
    signed = forms.ChoiceField(label="Signed", widget=forms.RadioSelect, initial="")
    photo = forms.FileField(
        label="A photo of the piece",
        required=False,
        help_text=f"JPEG or PNG, at most {photos.LARGEST // 1024**2} MB. Where and with what it was taken is left out.",
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png,image/jpeg,image/png"}),
    )
    drop_photo = forms.BooleanField(label="Remove this photo", required=False)

    def __init__(self, *args: Any, first_name: str, mine: Mine | None, is_minor: bool, language: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = _as_it_is(mine, language)
        self.has_photo = mine is not None and mine.photo is not None
        kept = mine.review.name if mine else ""
        names = [name for name in dict.fromkeys((first_name[:60], kept)) if name]
        signed = self.fields["signed"]
        assert isinstance(signed, forms.ChoiceField)
        signed.required, signed.choices = False, [("", ANONYMOUS), *((name, name) for name in names)]
        del self.fields["photo" if self.has_photo else "drop_photo"]
        if not is_minor:
            for name, matter in BOXES.items():
                label, _, help_text = notices.text(matter.value).partition("\n")
                self.fields[name] = forms.BooleanField(label=label, help_text=help_text, required=False)

    def clean_text(self) -> str:
        """Words and line breaks, no more than one empty line between two paragraphs."""
        lines = [" ".join(line.split()) for line in str(self.cleaned_data["text"]).splitlines()]
        return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1]))

    def clean_photo(self) -> photos.Drawn | None:
        """A picture drawn anew, whatever the file is called."""
        upload = self.cleaned_data.get("photo")
        try:
            return photos.draw(upload) if upload else None
        except photos.NotAccepted as refused:
            raise forms.ValidationError(str(refused), code="refused")

    def clean(self) -> dict[str, Any]:
        """A yes to another use of a photo is about a photo."""
        typed = super().clean() or {}
        stays = self.has_photo and not typed.get("drop_photo")
        if typed.get("use_photo") and not stays and not typed.get("photo") and "photo" not in self.errors:
            self.add_error("use_photo", NO_PHOTO)
        return typed

    @property
    def words(self) -> Words:
        """What they say."""
        typed = self.cleaned_data
        return Words(int(typed["rating"]), typed["title"], typed["text"], typed["signed"], typed["language"])

    @property
    def picture(self) -> Picture:
        """What becomes of the photo."""
        return Picture(self.cleaned_data.get("photo"), is_dropped=bool(self.cleaned_data.get("drop_photo")))

    def allowed(self, network: str) -> Allowed:
        """What they ticked."""
        ticked = {name: bool(self.cleaned_data.get(name)) for name in BOXES}
        return Allowed(**ticked, network=network)


def _as_it_is(mine: Mine | None, language: str) -> dict[str, Any]:
    """What the form begins with: nothing ticked, unless it was before."""
    if mine is None:
        return {"language": language}
    review = mine.review
    said = {name: getattr(review, name) for name in ("rating", "title", "text", "language")}
    return {**said, "signed": review.name, "publish": mine.is_allowed, "use_photo": mine.may_use_photo}


class ReadForm(DecisionForm):
    """A decision about the very words that were read: another page may have changed them meanwhile."""

    read = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.fields["read"].initial = self.row.changed_at.isoformat()


class RefuseReviewForm(ReadForm):
    """Its author reads the ground."""

    ground = forms.ChoiceField(label="Ground", choices=Review.Ground.choices, widget=UnfoldAdminSelectWidget)
