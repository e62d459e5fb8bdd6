"""From bag to delivered parcel, and back."""
