"""Documents made wrong on purpose, the same for the same seed.

Blind changes (bits, cuts, splices, lengths) suit every format. They mostly break a checksum or a table at once, so that
each format has changes of its own that keep the rest sound: entries of a ZIP are changed and packed again, elements of
an XML file moved and nested, objects and streams of a PDF rewritten, chunks of a picture reordered with right sums.
"""
import io
import random
import re
import struct
import zipfile
import zlib

LONGEST = 8 << 20  # bytes of one mutation: what is larger is the business of the limits on uploads
NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
           2**63 - 1, 2**63, 2**64, 10**30)
TEXTS = (b"", b"0", b"-1", b"1e308", b"1e999", b"NaN", b"99999999999999999999", b"\xff\xfe", b"&#0;", b"%n%n%s",
         b"../../../etc/passwd", b"A" * 70000, "壹".encode() * 9000, b"<![CDATA[", b"]]>", b"'\"><", b"\r\n\r\n",
         "\u202e\u0000\ufffe".encode("utf-8", "surrogatepass"))


def place(r, data, length=1):
    return r.randrange(max(1, len(data) - length + 1))


# ---------------------------------------------------------------------------------------------------- any format --

def flip_bit(r, data, _):
    out = bytearray(data)
    out[place(r, out)] ^= 1 << r.randrange(8)
    return bytes(out)


def flip_bytes(r, data, _):
    out = bytearray(data)
    for _ in range(r.choice((1, 2, 4, 16, 64))):
        out[place(r, out)] = r.choice((0, 0xFF, 0x7F, 0x80, r.randrange(256)))
    return bytes(out)


def cut_end(r, data, _):
    return data[:place(r, data)]


def cut_start(r, data, _):
    return data[place(r, data):]


def cut_middle(r, data, _):
    a, b = sorted((place(r, data), place(r, data)))
    return data[:a] + data[b:]


def repeat_chunk(r, data, _):
    size = min(len(data), r.choice((1, 16, 256, 4096)))
    at = place(r, data, size)
    return data[:at] + data[at:at + size] * r.choice((2, 3, 50, 500)) + data[at + size:]


def swap_chunks(r, data, _):
    size = min(len(data) // 2 or 1, r.choice((4, 32, 512, 4096)))
    a, b = sorted((place(r, data, size), place(r, data, size)))
    if b < a + size:
        return data[::-1][:size] + data[size:]
    return data[:a] + data[b:b + size] + data[a + size:b] + data[a:a + size] + data[b + size:]


def splice(r, data, others):
    other = r.choice(others)
    a, b = place(r, data), place(r, other)
    return data[:a] + other[b:]


def insert_other(r, data, others):
    other = r.choice(others)
    at, start = place(r, data), place(r, other)
    return data[:at] + other[start:start + r.choice((8, 100, 5000))] + data[at:]


def edit_length(r, data, _):
    """A number of two, four or eight bytes that could be a length becomes another."""
    out = bytearray(data)
    form = r.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
    size = struct.calcsize(form)
    if len(out) < size:
        return data + b"\0"
    places = [at for at in range(len(out) - size + 1) if 0 < struct.unpack_from(form, out, at)[0] <= len(out)]
    at = r.choice(places) if places else place(r, out, size)
    struct.pack_into(form, out, at, r.choice(NUMBERS) & (256**size - 1))
    return bytes(out)


def edit_digits(r, data, _):
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return flip_bytes(r, data, _)
    hit = r.choice(found)
    return data[:hit.start()] + str(r.choice(NUMBERS)).encode() + data[hit.end():]


def append_other(r, data, others):
    return data + r.choice(others)


ANY = (flip_bit, flip_bytes, cut_end, cut_start, cut_middle, repeat_chunk, swap_chunks, splice, insert_other,
       edit_length, edit_digits, append_other)


# ------------------------------------------------------------------------------------------------------------- XML --

TAG = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)([^<>]*?)(/?)>")


def element(r, data):
    """Where a whole element stands, by counting tags of its name; None when there is none."""
    starts = [tag for tag in TAG.finditer(data) if not tag[1] and not tag[4]]
    if not starts:
        return None
    start = r.choice(starts)
    depth = 0
    for tag in TAG.finditer(data, start.start()):
        if tag[2] == start[2] and not tag[4]:
            depth += -1 if tag[1] else 1
            if depth == 0:
                return start.start(), tag.end()
    return None


def xml_drop(r, data, _):
    where = element(r, data)
    return data[:where[0]] + data[where[1]:] if where else cut_middle(r, data, _)


def xml_repeat(r, data, _):
    where = element(r, data)
    if not where:
        return repeat_chunk(r, data, _)
    one = data[where[0]:where[1]]
    times = r.choice((2, 3, 100, max(2, (1 << 20) // len(one))))
    return data[:where[0]] + one * times + data[where[1]:]


def xml_move(r, data, _):
    a, b = element(r, data), element(r, data)
    if not a or not b:
        return swap_chunks(r, data, _)
    moved = data[a[0]:a[1]]
    at = b[1] if b[1] <= a[0] or b[1] >= a[1] else a[1]
    if at >= a[1]:
        return data[:a[0]] + data[a[1]:at] + moved + data[at:]
    return data[:at] + moved + data[at:a[0]] + data[a[1]:]


def xml_nest(r, data, _):
    """An element inside of itself, many times."""
    where = element(r, data)
    if not where:
        return repeat_chunk(r, data, _)
    tag = TAG.match(data, where[0])
    times = r.choice((2, 30, 300, 5000, 100000))
    return data[:where[0]] + tag[0] * times + data[tag.end():where[1]] + (b"</" + tag[2] + b">") * (times - 1) \
        + data[where[1]:]


def xml_text(r, data, _):
    texts = list(re.finditer(rb">([^<>]+)<", data))
    if not texts:
        return edit_digits(r, data, _)
    hit = r.choice(texts)
    return data[:hit.start(1)] + r.choice(TEXTS) + data[hit.end(1):]


def xml_attribute(r, data, _):
    values = list(re.finditer(rb"=(\"[^\"<>]*\"|'[^'<>]*')", data))
    if not values:
        return xml_text(r, data, _)
    hit = r.choice(values)
    new = r.choice(TEXTS + tuple(str(number).encode() for number in NUMBERS)).replace(b'"', b"")
    return data[:hit.start(1)] + b'"' + new + b'"' + data[hit.end(1):]


def xml_doctype(r, data, _):
    kind = r.choice((
        b'<!DOCTYPE x [<!ENTITY a "%s">]>' % (b"lol" * 1000),
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
        b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd">%a;]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))
    end = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    changed = data[:end] + kind + data[end:]
    texts = list(re.finditer(rb">([^<>]+)<", changed[end + len(kind):]))
    if not texts:
        return changed
    hit = r.choice(texts)
    at = end + len(kind) + hit.start(1)
    return changed[:at] + r.choice((b"&a;", b"&e;", b"&e;&e;&e;&e;")) + changed[at:]


def xml_encoding(r, data, _):
    text = data.decode("utf-8", "replace")
    kind = r.choice(("utf-16", "utf-32", "utf-16-be", "gb18030", "named"))
    if kind == "named":
        name = r.choice((b"GBK", b"UTF-16", b"UTF-7", b"EBCDIC-US", b"x" * 5000, b""))
        return re.sub(rb'encoding="[^"]*"', b'encoding="' + name + b'"', data, count=1)
    return text.encode(kind, "replace")


def xml_name(r, data, _):
    tags = list(TAG.finditer(data))
    if not tags:
        return flip_bytes(r, data, _)
    tag = r.choice(tags)
    new = r.choice((b"x", b"a:b:c", b":", b"Invoice", b"N" * 60000, tag[2][::-1]))
    return data[:tag.start(2)] + new + data[tag.end(2):]


XML = (xml_drop, xml_repeat, xml_move, xml_nest, xml_text, xml_attribute, xml_doctype, xml_encoding, xml_name)


# ------------------------------------------------------------------------------------------------------------- ZIP --

def entries_of(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, zlib.error, NotImplementedError, EOFError, KeyError, RuntimeError):
        return []


def pack(r, entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name or "x")
            info.compress_type = r.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED))
            archive.writestr(info, content)
    return out.getvalue()


def zip_entry(r, data, others):
    """One entry is changed as its own format allows, everything around it is right."""
    entries = entries_of(data)
    if not entries:
        return flip_bytes(r, data, others)
    index = r.randrange(len(entries))
    name, content = entries[index]
    inside = [content for _, content in entries if content] or [b"x"]
    if content:
        entries[index] = (name, r.choice(kinds_of(content))(r, content, inside))
    return pack(r, entries)


def zip_members(r, data, others):
    entries = entries_of(data)
    if not entries:
        return flip_bytes(r, data, others)
    index = r.randrange(len(entries))
    name, content = entries[index]
    other = r.randrange(len(entries))
    what = r.choice(("drop", "again", "rename", "exchange", "bomb", "archive", "many", "order"))
    if what == "drop":
        del entries[index]
    elif what == "again":
        entries.append((name, entries[other][1]))
    elif what == "rename":
        entries[index] = (r.choice(("../" + name, "/" + name, name.upper(), name + "/", "a" * 60000, "\u202e" + name,
                                    "C:\\" + name, name + "\0.xml", ".")), content)
    elif what == "exchange":
        entries[index], entries[other] = (name, entries[other][1]), (entries[other][0], content)
    elif what == "bomb":
        entries[index] = (name, b"<a>" * (r.choice((1, 8, 70)) << 18))
    elif what == "archive":
        entries[index] = (name, data)
    elif what == "many":
        entries += [("n%d.xml" % i, b"<a/>") for i in range(r.choice((50, 2500)))]
    else:
        r.shuffle(entries)
    return pack(r, entries) if entries else b"PK\5\6" + b"\0" * 18


def zip_field(r, data, _):
    """A field of a head: version, flags, method, sum, sizes, length of the name, offset."""
    heads = [(at.start(), size) for mark, size in ((b"PK\1\2", 46), (b"PK\3\4", 30), (b"PK\5\6", 22), (b"PK\5\6", 22))
             for at in re.finditer(re.escape(mark), data)]
    if not heads:
        return edit_length(r, data, _)
    at, size = r.choice(heads)
    out = bytearray(data)
    field = at + r.randrange(4, size, 2)
    width = r.choice((2, 4))
    value = r.choice(NUMBERS) & (256**width - 1)
    out[field:field + width] = value.to_bytes(width, "little")
    return bytes(out)


ZIP = (zip_entry, zip_entry, zip_entry, zip_members, zip_members, zip_field)


# ------------------------------------------------------------------------------------------------------------- PDF --

def pdf_number(r, data, _):
    """A number beside a key of the structure, or one of a reference."""
    found = list(re.finditer(rb"/(?:Length|Count|Size|Prev|First|N|W|Index|Columns|Predictor|Width|Height|MediaBox|Rotate|"
                             rb"BitsPerComponent|FirstChar|LastChar|Root|Parent|Kids|Contents|ByteRange|XRefStm)"
                             rb"\s*\[?\s*(-?\d+)|(\d+) 0 R|startxref\s+(\d+)", data))
    if not found:
        return edit_digits(r, data, _)
    hit = r.choice(found)
    group = next(number for number in (1, 2, 3) if hit[number] is not None)
    new = r.choice(NUMBERS + tuple(range(1, 12)))
    return data[:hit.start(group)] + str(new).encode() + data[hit.end(group):]


def pdf_name(r, data, _):
    names = list(re.finditer(rb"/[A-Za-z]\w+", data))
    if not names:
        return flip_bytes(r, data, _)
    hit = r.choice(names)
    new = r.choice([name[0] for name in names] + [b"/", b"/#00", b"/" + b"A" * 40000])
    return data[:hit.start()] + new + data[hit.end():]


def pdf_object(r, data, _):
    objects = list(re.finditer(rb"\d+ \d+ obj\b.*?endobj", data, re.S))
    if len(objects) < 2:
        return swap_chunks(r, data, _)
    a, b = r.sample(objects, 2)
    what = r.choice(("drop", "exchange", "again", "empty", "deep"))
    if what == "drop":
        return data[:a.start()] + data[a.end():]
    if what == "again":
        return data[:a.end()] + b"\n" + b[0] + data[a.end():]
    head = re.match(rb"\d+ \d+ obj", a[0])[0]
    if what == "empty":
        new = r.choice((b"null", b"<<>>", b"[]", b"()", b"<", head.replace(b"obj", b"R")))
    elif what == "deep":
        depth = r.choice((50, 1000, 200000))
        opening, closing = r.choice(((b"[", b"]"), (b"<</A ", b">>"), (b"(", b")")))
        new = opening * depth + closing * depth
    else:
        new = re.sub(rb"^\d+ \d+ obj|endobj$", b"", b[0])
    return data[:a.start()] + head + b" " + new + b" endobj" + data[a.end():]


def pdf_stream(r, data, _):
    """A stream is unpacked, changed and put back with its right length, unpacked or packed again."""
    streams = list(re.finditer(rb"<<((?:[^<>]|<[^<]|>[^>])*?)>>\s*stream\r?\n(.*?)\r?\nendstream", data, re.S))
    if not streams:
        return flip_bytes(r, data, _)
    hit = r.choice(streams)
    dictionary, content = hit[1], hit[2]
    packed = b"FlateDecode" in dictionary
    if packed:
        try:
            content = zlib.decompressobj().decompress(content, LONGEST)
        except zlib.error:
            pass
    content = r.choice((flip_bytes, cut_end, repeat_chunk, swap_chunks, edit_digits, insert_other, pdf_operators))(
        r, content or b"x", [data])[:LONGEST]
    if packed and r.random() < 0.7:
        content = zlib.compress(content)
    else:
        dictionary = re.sub(rb"/Filter\s*(/\w+|\[[^\]]*\])", b"", dictionary)
    dictionary = re.sub(rb"/Length\s+\d+(\s+\d+\s+R)?", b"/Length %d" % len(content), dictionary)
    return data[:hit.start()] + b"<<" + dictionary + b">>\nstream\n" + content + b"\nendstream" + data[hit.end():]


def pdf_operators(r, content, _):
    extra = r.choice((b"q " * 100000, b"BT " * 5000, b"1e38 0 0 1e38 0 0 cm ", b"/X Do " * 3000, b"0 0 1e30 1e30 re f ",
                      b"BT /F1 1e20 Tf (A) Tj ET ", b"0 0 m " + b"9 9 l 0 5 l " * 60000 + b"S ", b"[1e-30 1e-30] 0 d 0 0 m 1e6 1e6 l S "))
    return extra + content if r.random() < 0.5 else content + b" " + extra


def pdf_tail(r, data, _):
    what = r.choice(("no-table", "twice", "loop", "linear"))
    if what == "no-table":
        return re.sub(rb"xref|startxref|trailer", b"xxxx", data)
    if what == "twice":
        return data + data
    at = data.rfind(b"startxref")
    if what == "loop":
        return data[:at] + b"trailer<</Size 9999999/Prev %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (at, at)
    return data[:9] + b"1 0 obj<</Linearized 1/L 1/H[1 1]/O 1/E 1/N 99999/T 1>>endobj\n" + data[9:]


PDF = (pdf_number, pdf_number, pdf_name, pdf_object, pdf_object, pdf_stream, pdf_stream, pdf_stream, pdf_tail)


# -------------------------------------------------------------------------------------------------------- pictures --

def png_chunks(r, data, _):
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        if at + 12 + size > len(data):
            break
        chunks.append((data[at + 4:at + 8], data[at + 8:at + 8 + size]))
        at += 12 + size
    if not chunks:
        return flip_bytes(r, data, _)
    index = r.randrange(len(chunks))
    kind, body = chunks[index]
    what = r.choice(("drop", "again", "change", "size", "order", "text"))
    if what == "drop":
        del chunks[index]
    elif what == "again":
        chunks.insert(index, chunks[index])
    elif what == "change" and body:
        chunks[index] = (kind, flip_bytes(r, body, _))
    elif what == "size" and len(chunks[0][1]) >= 8:
        chunks[0] = (b"IHDR", struct.pack(">II", r.choice(NUMBERS) & 0x7FFFFFFF, r.choice(NUMBERS) & 0x7FFFFFFF)
                     + chunks[0][1][8:])
    elif what == "text":
        chunks.insert(1, (b"iTXt", b"x\0\1\0\0\0" + zlib.compress(b"A" * (4 << 20))))
    else:
        r.shuffle(chunks)
    return data[:8] + b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                               for kind, body in chunks)


def jpeg_segments(r, data, _):
    segments, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        size = struct.unpack_from(">H", data, at + 2)[0]
        segments.append(data[at:at + 2 + size])
        at += 2 + size
    if not segments:
        return flip_bytes(r, data, _)
    index = r.randrange(len(segments))
    what = r.choice(("drop", "again", "change", "length", "size", "order", "many"))
    one = bytearray(segments[index])
    if what == "drop":
        del segments[index]
    elif what == "again":
        segments.insert(index, segments[index])
    elif what == "change":
        segments[index] = bytes(one[:4]) + flip_bytes(r, bytes(one[4:]) or b"x", _)
    elif what == "length" and len(one) >= 4:
        one[2:4] = struct.pack(">H", r.choice(NUMBERS) & 0xFFFF)
        segments[index] = bytes(one)
    elif what == "size":
        segments = [part[:5] + struct.pack(">HH", r.choice(NUMBERS) & 0xFFFF, r.choice(NUMBERS) & 0xFFFF) + part[9:]
                    if part[1:2] in (b"\xc0", b"\xc2") else part for part in segments]
    elif what == "many":
        segments[index:index] = [segments[index]] * 2000
    else:
        r.shuffle(segments)
    return data[:2] + b"".join(segments) + data[at:]


KINDS = ((b"%PDF", PDF), (b"PK\3\4", ZIP), (b"\x89PNG", (png_chunks,) * 3), (b"\xff\xd8\xff", (jpeg_segments,) * 3))


def kinds_of(data):
    """The changes that suit some bytes: those of their format are as likely as the blind ones."""
    own = next((own for start, own in KINDS if data.startswith(start)), None)
    if own is None and data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        own = XML
    if own is None:
        return ANY
    return ANY + own * max(1, len(ANY) // len(own))


def mutations(name, data, others, count, seed):
    """`count` times (how it was made, bytes), each different from the document itself."""
    for number in range(count):
        r = random.Random("%s/%s/%d" % (seed, name, number))
        made, how = data, []
        for _ in range(r.choice((1, 1, 1, 2, 3))):
            change = r.choice(kinds_of(made))
            made = change(r, made or b"\0", others)[:LONGEST]
            how.append(change.__name__)
        if made == data:
            made = flip_bit(r, data, others)
            how.append("flip_bit")
        yield "+".join(how), made
