"""The thesis's figures of people, AUs, backgrounds and rules."""

import pandas as pd
import pytest

from facetds.figures import people, style


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def words_of(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(style.matplotlib.text.Text)]


def test_people_are_counted_once_whatever_their_photos():
    photos = pd.DataFrame(
        {"model": ["BF-001"] * 5 + ["IM-600", "WM-003"], "set": ["CFD"] * 5 + ["CFD-INDIA", "CFD"],
         "race": list("BBBBBIW"), "sex": list("FFFFFMM")}
    )  # fmt: skip
    counted = people.count_people(photos)
    assert counted["count"].tolist() == [1, 1, 1]
    figure = people.draw_sexes(counted)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["CFD", "CFD-INDIA"]
    words = words_of(figure)
    assert words.count("1\n(50 %)") == 2
    assert words.count("0\n(0 %)") == 1
