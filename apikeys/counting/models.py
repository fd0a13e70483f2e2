from __future__ import annotations

from django.db import models


class TryCount(models.Model):
    """How often one thing was tried on one subject from one network, in a slice of time.

    Rows are short-lived and hold nothing that can be read: see `counting.tries`.
    """

    name = models.CharField(max_length=40)
    # A digest, or "" where the whole network is counted.
    subject = models.CharField(max_length=64)
    network = models.CharField(max_length=50)
    starts_at = models.DateTimeField()
    counts_until = models.DateTimeField(db_index=True)
    count = models.IntegerField()

    class Meta:
        constraints = [
            # The upsert of `counting.tries` meets it.
            models.UniqueConstraint(
                fields=["name", "subject", "network", "starts_at"],
                name="apikeys_trycount_one_row_a_slice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.name} from {self.network}"
