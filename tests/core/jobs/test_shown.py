"""A job's arguments are shown without what is personal."""

from __future__ import annotations

from typing import Any

import pytest

from careline.jobs.shown import masked_args, masked_text


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        ({"to": "13800001111"}, {"to": "•••11"}),
        ({"to": "+8613800001111", "id": 7}, {"to": "+•••11", "id": "7"}),
        ({"patient_name": "张三", "Text": "您好"}, {"patient_name": "•••", "Text": "•••"}),
        ({"id_card": "110101199003078515"}, {"id_card": "•••"}),
        ({"who": {"name": "张三", "phone": "13800001111"}}, {"who": "{name=•••, phone=•••11}"}),
        ({"numbers": ["13800001111", "8001"]}, {"numbers": "[•••11, 8001]"}),
        ({"message": ["a", "b"]}, {"message": "[•••, •••]"}),
        ({"url": "x" * 100}, {"url": "x" * 59 + "…"}),
        ({"note": ""}, {"note": ""}),
    ],
)
def test_arguments(args: dict[str, Any], shown: dict[str, str]) -> None:
    assert masked_args(args) == shown


def test_errors_name_no_number() -> None:
    assert masked_text("no route to 13800001111: 500") == "no route to •••11: 500"
