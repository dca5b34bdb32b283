"""What a change is worth: Shiryaev-Roberts evidence, and the contract of a detector."""
