"""Makes the files of this folder with Pillow, the second opinion on decoding and resampling.

    python3 make_fixtures.py [IMAGENET_CALIBRATION_FOLDER]

Made with Pillow 9.4.0 (Debian 12, package python3-pil). All pictures are computed here; none is anybody's work.
Results are kept as SHA-256 of the raw bytes in expected.tsv: "name  mode  width  height  sha256".
With a folder, imagenet.tsv is made too: the first 20 pictures as RGB, shorter side 248 (bicubic), centre crop 224.
"""

import hashlib
import math
import os
import random
import struct
import sys
import zlib

from PIL import Image, ImageFilter

HERE = os.path.dirname(os.path.abspath(__file__))
FILTERS = {
    "nearest": Image.NEAREST,
    "bilinear": Image.BILINEAR,
    "bicubic": Image.BICUBIC,
    "lanczos": Image.LANCZOS,
}
SIZES = [(97, 61), (61, 97), (31, 17), (194, 122), (97, 40), (50, 61), (1, 1), (200, 3), (250, 131)]


def synthetic(width, height, seed):
    """Waves, hard edges and noise: smooth areas, overshoot at edges, and every value from 0 to 255."""
    chance = random.Random(seed)
    data = bytearray()
    for y in range(height):
        for x in range(width):
            wave = 127 + 90 * math.sin(x / 7.0 + seed) * math.cos(y / 11.0)
            edge = 255 if (x // 9 + y // 13) % 3 == 0 else 0
            for c in range(3):
                value = wave if c == 0 else edge if c == 1 else chance.randrange(256)
                if (x + y) % 29 == 0:
                    value = chance.choice((0, 255))
                data.append(max(0, min(255, int(value))))
    return Image.frombytes("RGB", (width, height), bytes(data))


def raw_png(width, height, depth, colour_type, seed):
    """A PNG of random bits in a form that Pillow cannot write; also its unpacked rows."""
    chance = random.Random(seed)
    bits = width * depth * {0: 1, 2: 3}[colour_type]
    rows = b"".join(b"\0" + bytes(chance.randrange(256) for _ in range((bits + 7) // 8)) for _ in range(height))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""), rows


def write(name, content):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(content)


def save(name, picture, **options):
    picture.save(os.path.join(HERE, name), **options)


def line(name, picture):
    digest = hashlib.sha256(picture.tobytes()).hexdigest()
    return f"{name}\t{picture.mode}\t{picture.width}\t{picture.height}\t{digest}\n"


def decoding_files():
    colour = synthetic(97, 61, 1)
    soft = synthetic(203, 155, 2).filter(ImageFilter.GaussianBlur(1.5))
    grey = colour.convert("L")
    alpha = colour.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(colour.size))
    save("rgb.png", colour)
    save("grey.png", grey)
    save("grey-1bit.png", grey.point(lambda v: 255 * (v > 127)).convert("1"))
    write("grey-2bit.png", raw_png(19, 11, 2, 0, 3)[0])
    write("grey-4bit.png", raw_png(19, 11, 4, 0, 4)[0])
    save("grey-alpha.png", Image.merge("LA", (grey, alpha.getchannel("A"))))
    save("alpha.png", alpha)
    save("palette.png", colour.quantize(64))
    save("palette-transparent.png", colour.quantize(16), transparency=3)
    save("baseline.jpg", soft, quality=88)
    save("progressive.jpg", soft, quality=75, progressive=True)
    save("no-subsampling.jpg", soft, quality=92, subsampling=0)
    save("half-subsampling.jpg", soft, quality=80, subsampling=1)
    save("grey.jpg", soft.convert("L"), quality=85)
    save("cmyk.jpg", soft.convert("CMYK"), quality=90)
    turned = Image.Exif()
    turned[0x0112] = 6
    save("exif-rotated.jpg", soft, quality=85, exif=turned)
    save("lossy.webp", soft, quality=80)
    save("lossless.webp", soft, lossless=True)
    save("alpha.webp", alpha, lossless=True, exact=True)


def decoded():
    with open(os.path.join(HERE, "expected.tsv"), "w", newline="\n") as out:
        for name in sorted(n for n in os.listdir(HERE) if n.endswith((".png", ".jpg", ".webp")) and not n.startswith("16bit")):
            picture = Image.open(os.path.join(HERE, name))
            mode = "L" if picture.mode in ("1", "L", "LA") else "RGB"
            out.write(line(f"decode {name}", picture.convert(mode)))

        # Pillow clips 16-bit grey; what is expected here is the high byte, as Pillow itself takes it for colour.
        for name, kind, mode, seed in (("16bit-grey.png", 0, "L", 5), ("16bit-rgb.png", 2, "RGB", 6)):
            content, rows = raw_png(19, 11, 16, kind, seed)
            write(name, content)
            width = len(rows) // 11
            high = b"".join(rows[y * width + 1:(y + 1) * width:2] for y in range(11))
            out.write(line(f"decode {name}", Image.frombytes(mode, (19, 11), high)))
        if Image.open(os.path.join(HERE, "16bit-rgb.png")).convert("RGB").tobytes() != high:
            raise SystemExit("Pillow does not take the high byte any more.")

        colour = Image.open(os.path.join(HERE, "rgb.png"))
        out.write(line("grey of rgb.png", colour.convert("L")))
        for source in ("rgb.png", "grey.png"):
            picture = Image.open(os.path.join(HERE, source))
            for filter_name, filter_number in FILTERS.items():
                for size in SIZES:
                    out.write(line(f"resize {source} {size[0]}x{size[1]} {filter_name}", picture.resize(size, filter_number)))


def shorter_side(picture, side):
    """torchvision's rule."""
    width, height = picture.size
    if width <= height:
        return picture.resize((side, int(side * height / width)), Image.BICUBIC)
    return picture.resize((int(side * width / height), side), Image.BICUBIC)


def centre(picture, side):
    """torchvision's rule for pictures that are large enough."""
    left = int(round((picture.width - side) / 2.0))
    top = int(round((picture.height - side) / 2.0))
    return picture.crop((left, top, left + side, top + side))


def imagenet(folder):
    with open(os.path.join(HERE, "imagenet.tsv"), "w", newline="\n") as out:
        for name in sorted(os.listdir(folder))[:20]:
            picture = Image.open(os.path.join(folder, name)).convert("RGB")
            out.write(line(name, centre(shorter_side(picture, 248), 224)))


if __name__ == "__main__":
    decoding_files()
    decoded()
    if len(sys.argv) > 1:
        imagenet(sys.argv[1])
