"""Scans of a sealed form, made here: paper, print, an impression on it, and what a scanner adds. Always the same."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from gmpki.seal.picture import Impression, find_font
from gmpki.seal.picture.outline import Box, Matrix, Outline, rectangle
from gmpki.seal.picture.raster import render

MM = 25.4
FORM = (
    "示例市社会保障局",
    "参保缴费证明",
    "兹证明张三自二〇二五年一月一日起，",
    "在本市参加企业职工基本养老保险、职工基本医疗保险、失业保险",
    "和工伤保险，截至本证明出具之日，累计缴费一十四个月，无欠费。",
    "本证明仅供示例使用，复印无效。特此证明。",
    "经办人：李小明        复核人：王五",
    "二〇二六年三月一日",
)


@dataclass(frozen=True)
class Scanner:
    """How a scan is made.

    :ivar turned: by how many degrees the impression is turned clockwise on the form.
    :ivar skew: by how many the form is on the glass.
    :ivar ink: the colour of the ink.
    :ivar strength: how much ink there is, 0 to 1.
    :ivar uneven: how much less there is at one side, 0 to 1.
    :ivar noise: how far pixels are off, of 255.
    :ivar quality: of the JPEG.
    """

    dpi: int = 200
    turned: float = 0.0
    skew: float = 0.0
    paper: tuple[int, int, int] = (252, 252, 250)
    ink: tuple[int, int, int] = (214, 30, 44)
    strength: float = 0.95
    uneven: float = 0.0
    noise: int = 6
    quality: int = 85
    text: bool = True
    spots: int = 40

    def scan(self, impression: Impression, *, size_mm: tuple[int, int] = (150, 110)) -> tuple[bytes, tuple[int, int]]:
        """Return a JPEG of the sealed form, and where the middle of the impression is, in pixels."""
        draws = random.Random(20260301)
        size = round(size_mm[0] / MM * self.dpi), round(size_mm[1] / MM * self.dpi)
        page = Image.new("RGB", size, self.paper)
        if self.text:
            _print_form(page, self.dpi)
        middle = round(size[0] * 0.66), round(size[1] * 0.62)
        alpha = self._inked(impression, draws)
        stamp = Image.new("L", size, 0)
        stamp.paste(alpha, (middle[0] - alpha.width // 2, middle[1] - alpha.height // 2))
        ink = Image.composite(Image.new("RGB", size, self.ink), Image.new("RGB", size, "white"), stamp)
        page = ImageChops.multiply(page, ink)
        for _ in range(self.spots):
            x, y, r = draws.randrange(size[0]), draws.randrange(size[1]), draws.randrange(1, 3)
            ImageDraw.Draw(page).ellipse((x - r, y - r, x + r, y + r), fill=draws.choice([(90, 80, 70), (200, 90, 80)]))
        if self.skew:
            page = page.rotate(-self.skew, Image.Resampling.BICUBIC, fillcolor=self.paper)
        page = page.filter(ImageFilter.GaussianBlur(self.dpi / 500))
        page = _noisy(page, self.noise, draws)
        stream = io.BytesIO()
        page.save(stream, "JPEG", quality=self.quality, dpi=(self.dpi, self.dpi))
        return stream.getvalue(), _turned(middle, size, self.skew)

    def _inked(self, impression: Impression, draws: random.Random) -> Image.Image:
        """Return how much ink the impression leaves: blotches, a weaker side, pores."""
        with Image.open(io.BytesIO(impression.png)) as opened:
            alpha = opened.getchannel("A")
        side = round(impression.width_mm / MM * self.dpi)
        alpha = alpha.resize((side, side), Image.Resampling.LANCZOS)
        room = round(side * 1.45)
        sheet = Image.new("L", (room, room), 0)
        sheet.paste(alpha, ((room - side) // 2, (room - side) // 2))
        alpha = sheet.rotate(-self.turned, Image.Resampling.BICUBIC)
        blotches = Image.frombytes("L", (24, 24), draws.randbytes(24 * 24)).resize(alpha.size, Image.Resampling.BICUBIC)
        pores = Image.frombytes("L", (room // 3, room // 3), draws.randbytes((room // 3) ** 2))
        pores = pores.resize(alpha.size, Image.Resampling.BICUBIC).point(lambda value: 150 if value < 14 else 255)
        amount = blotches.point(lambda value: round(255 * self.strength * (0.78 + 0.22 * value / 255)))
        weak = Image.linear_gradient("L").resize(alpha.size).rotate(30)
        fading = weak.point(lambda value: round(255 * (1 - self.uneven * value / 255)))
        for layer in (amount, pores, fading):
            alpha = ImageChops.multiply(alpha, layer)
        return alpha


def _print_form(page: Image.Image, dpi: int) -> None:
    """Print the form: a frame, lines of text, a table's rules."""
    font = find_font()
    width, height = (side / dpi * MM for side in page.size)
    shapes = []
    for number, text in enumerate(FORM):
        size = 6.2 if number < 2 else 4.2
        x = (width - size * len(text)) / 2 if number < 2 else width - 66 if number == len(FORM) - 1 else 14
        for place, character in enumerate(text):
            if character in font:
                at = Matrix(size, 0, 0, size, x + size * place, 13 + 11.5 * number)
                shapes.append(font.outline(character).mapped(at))
    shapes += [rectangle(Box(10, y, width - 10, y + 0.3)) for y in (30, height - 12)]
    shapes.append(rectangle(Box(width * 0.55, 30, width * 0.55 + 0.25, height - 12)))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page.width}" height="{page.height}" '
        f'viewBox="0 0 {width} {height}"><path fill="#28282c" d="{Outline.joined(shapes).svg()}"/></svg>'
    )
    printed = render(svg, *page.size)
    page.paste(printed, mask=printed)


def _noisy(page: Image.Image, amount: int, draws: random.Random) -> Image.Image:
    if not amount:
        return page
    channels = []
    for channel in page.split():
        noise = Image.frombytes("L", page.size, draws.randbytes(page.width * page.height))
        noise = noise.point(lambda value: 128 + (value - 128) * amount // 128)
        channels.append(ImageChops.add(channel, noise, offset=-128))
    return Image.merge("RGB", channels)


def _turned(point: tuple[int, int], size: tuple[int, int], degrees: float) -> tuple[int, int]:
    x, y = point[0] - size[0] / 2, point[1] - size[1] / 2
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    return round(size[0] / 2 + cosine * x - sine * y), round(size[1] / 2 + sine * x + cosine * y)


def overlap(first: bytes, second: bytes, *, side: int = 600) -> float:
    """Return how far two pictures have their ink at the same places: shared ink by all ink, 0 to 1."""
    masks = []
    for data in (first, second):
        with Image.open(io.BytesIO(data)) as opened:
            alpha = opened.getchannel("A").resize((side, side), Image.Resampling.BOX)
        masks.append(alpha.point(lambda value: 255 if value > 127 else 0))
    both = sum(ImageChops.darker(*masks).histogram()[128:])
    either = sum(ImageChops.lighter(*masks).histogram()[128:])
    return both / either
