"""Small pictures of each kind, made here, and what cameras write into them."""
import struct
import zlib

BLUE = (40, 120, 200)
PRIVATE = b"GPS-45.07-N"


class Bits:
    """Bits into bytes, from either end."""

    def __init__(self, is_low_first):
        self.is_low_first, self.text = is_low_first, []

    def add(self, value, count):
        digits = format(value, f"0{count}b") if count else ""
        self.text.append(digits[::-1] if self.is_low_first else digits)

    def bytes(self, filler="0"):
        text = "".join(self.text)
        text += filler * (-len(text) % 8)
        step = -1 if self.is_low_first else 1
        return bytes(int(text[at:at + 8][::step], 2) for at in range(0, len(text), 8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, colour=BLUE, before=b"", behind=b"", depth=8, kind=2, rows=None, interlaced=0):
    """BEFORE stands before the picture's data, BEHIND behind its end. ROWS: what is compressed in place of one colour."""
    if rows is None:
        rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(rows, 9)) +
            chunk(b"IEND", b"") + behind)


PNG_PRIVATE = (chunk(b"tEXt", b"Author\0" + PRIVATE) + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PRIVATE)) +
               chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PRIVATE) + chunk(b"eXIf", b"II*\0" + PRIVATE) +
               chunk(b"tIME", bytes(7)))


def exif(orientation=1):
    entries = struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0) + struct.pack("<HHII", 0x10e, 2, len(PRIVATE), 38)
    return b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entries + bytes(4) + PRIVATE


def segment(code, body):
    return b"\xff" + bytes([code]) + struct.pack(">H", len(body) + 2) + body


JPEG_PRIVATE = (segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0" + PRIVATE) + segment(0xed, b"Photoshop 3.0\0" + PRIVATE) +
                segment(0xfe, PRIVATE))


def jpeg(width, height, luma=lambda x, y: 128, before=b"", behind=b""):
    """Blocks of 8 x 8 pixels of one colour each, grey as LUMA(x, y) of the block says."""
    bits, last = Bits(False), 0
    for y in range((height + 7) // 8):
        for x in range((width + 7) // 8):
            value = luma(x, y) - 128
            step, last = value - last, value
            size = abs(step).bit_length()
            bits.add(size, 4)
            bits.add(step if step >= 0 else step + (1 << size) - 1, size)
            bits.add(0, 1)
    data = bits.bytes("1").replace(b"\xff", b"\xff\0")
    tables = (segment(0xdb, b"\0" + bytes([8]) * 64) + segment(0xc0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)) +
              segment(0xc4, b"\0" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))) +
              segment(0xc4, b"\x10" + bytes([1] + [0] * 15) + b"\0"))
    return (b"\xff\xd8" + segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + before + tables +
            segment(0xda, b"\x01\x01\0\0\x3f\0") + data + b"\xff\xd9" + behind)


def gif(width, height, colour=BLUE, before=b"", behind=b"", frames=1):
    table = bytes(colour) + bytes(3 * 127)
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x86, 0, 0) + table + before
    for _ in range(frames):
        bits, left = Bits(True), width * height
        while left:
            here = min(left, 120)
            bits.add(128, 8)
            for _ in range(here):
                bits.add(0, 8)
            left -= here
        bits.add(129, 8)
        data = bits.bytes()
        out += b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x07"
        for at in range(0, len(data), 255):
            piece = data[at:at + 255]
            out += bytes([len(piece)]) + piece
        out += b"\0"
    return out + b";" + behind


GIF_PRIVATE = (b"\x21\xfe" + bytes([len(PRIVATE)]) + PRIVATE + b"\0" +
               b"\x21\xff\x0bXMP DataXMP" + bytes([len(PRIVATE)]) + PRIVATE + b"\0")


def riff_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def webp(width, height, colour=BLUE, private=b"", behind=b""):
    """One colour, lossless; with PRIVATE it has a chunk of Exif and one of XMP."""
    bits = Bits(True)
    bits.add(0x2f, 8)
    for value, count in ((width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)):
        bits.add(value, count)
    for symbol in (colour[1], colour[0], colour[2], 255, 0):
        for value, count in ((1, 1), (0, 1), (1, 1), (symbol, 8)):
            bits.add(value, count)
    body = riff_chunk(b"VP8L", bits.bytes())
    if private:
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        body = (riff_chunk(b"VP8X", b"\x0c\0\0\0" + size) + body + riff_chunk(b"EXIF", b"II*\0" + private) +
                riff_chunk(b"XMP ", private))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + behind


def profile(space=b"RGB ", length=132):
    """An ICC profile without a tag, as far as decoders look at it."""
    head = struct.pack(">I4sI4s4s4s", length, b"test", 0x04000000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">III", 0xf6d6, 0x10000, 0xd32d)
    return head.ljust(length, b"\0")


def all_private():
    """{name: content} of a picture of each kind with what must not reach a reader."""
    return {
        "a.jpg": jpeg(64, 32, before=segment(0xe1, exif(6)) + JPEG_PRIVATE, behind=b"\xff\xd8" + segment(0xe1, exif(1))),
        "a.png": png(64, 32, before=PNG_PRIVATE, behind=PRIVATE),
        "a.gif": gif(64, 32, before=GIF_PRIVATE, behind=PRIVATE),
        "a.webp": webp(64, 32, private=PRIVATE, behind=PRIVATE),
    }
