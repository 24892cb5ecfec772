"""What the tidy test sees in C++ text: code without comments, long functions, coroutine shapes.

This is a reader of brackets, not a parser: it knows what our formatted sources look like, and its
answers are pairs of a line number and a message.
"""
import re

LITERALS = re.compile(
    r'R"(?P<end>[^()\s\\]{0,16})\(.*?\)(?P=end)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"  # not the separators of 20'000
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
NOT_A_FUNCTION = re.compile(
    r"^(?:inline\s+|typedef\s+)*(?:namespace|class|struct|enum|union|extern|if|for|while|switch|do|else|try|catch)\b"
)
TEMPLATE = re.compile(r"^template\s*<[^{}]*?>\s*(?=\w|\[)")
OPEN, CLOSE = "([{", ")]}"


def blank(found):
    return re.sub(r"[^\n]", " ", found.group())


def blank_literal(found):
    text = found.group()
    if text[0] == "/":
        return blank(found)
    return text[0] + re.sub(r"[^\n]", "_", text[1:-1]) + text[-1]


def code_of(text):
    """The text with comments and directives blank and literals masked; every position stays where it was."""
    return DIRECTIVE.sub(blank, LITERALS.sub(blank_literal, text))


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def long_functions(code, lines_max):
    """(line of the head, line of the opening brace, lines) of every outermost function over the limit."""
    found, open_blocks = [], []
    head = 0
    for match in re.finditer(r"[;{}]", code):
        at = match.start()
        if match.group() == ";":
            head = at + 1
        elif match.group() == "{":
            text = TEMPLATE.sub("", code[head:at].strip())
            is_function = "(" in text and not NOT_A_FUNCTION.match(text)
            open_blocks.append((head, at, is_function))
            head = at + 1
        elif open_blocks:
            block_head, opened, is_function = open_blocks.pop()
            rest = code[at + 1 :].lstrip()[:1] if at + 1 < len(code) else ""
            # An initializer inside a head (`: a_{1}, b_{2} {`) does not end that head.
            head = block_head if rest in (",", "{", ".", "(", ")") and rest else at + 1
            if not is_function or any(outer[2] for outer in open_blocks):
                continue
            skipped = len(code[block_head:opened]) - len(code[block_head:opened].lstrip())
            first, last = line_at(code, block_head + skipped), line_at(code, at)
            if last - first + 1 > lines_max:
                found.append((first, line_at(code, opened), last - first + 1))
    return found


def extent_after(code, start):
    """Where the statement that holds `start` ends: its semicolon, or the block or bracket that follows it."""
    depth = 0
    for at in range(start, len(code)):
        letter = code[at]
        if letter == ";" and depth <= 0:
            return at
        if letter == "{" and depth < 0:
            return at
        if letter in OPEN:
            depth += 1
        elif letter in CLOSE:
            depth -= 1
            if letter == "}" and depth < 0:
                return at
    return len(code)


def is_chosen_by_question_mark(code, start, end):
    """Whether the co_await at `start` is the condition or a branch of a `?:` of its own statement."""
    depth, is_other_argument = 0, False
    for at in range(start, end):
        letter = code[at]
        if letter in OPEN:
            depth += 1
        elif letter in CLOSE:
            depth -= 1
            is_other_argument = is_other_argument and depth >= 0
        elif letter == "," and depth <= 0:
            is_other_argument = True
        elif letter == "?" and depth <= 0 and not is_other_argument:
            return True
    depth, is_other_argument = 0, False
    for at in range(start - 1, -1, -1):
        letter = code[at]
        if letter in ";{}":
            return False
        if letter in CLOSE:
            depth += 1
        elif letter in OPEN:
            depth -= 1
            is_other_argument = is_other_argument and depth >= 0
        elif letter == "," and depth <= 0:
            is_other_argument = True
        elif letter == "?" and depth <= 0 and not is_other_argument:
            return True
    return False


CAPTURING_LAMBDA = re.compile(r"(?:[(,=]|co_await)\s*\[(?!\[)\s*[^\]\s][^\]]*\]\s*[({]")
BRACED_ARGUMENT = re.compile(r"[(,]\s*\{|\w\{\s*\.")


def coroutine_shapes(code):
    """What g++ 12 compiles to a double free or a use after free."""
    found = []
    for match in re.finditer(r"\bco_await\b", code):
        start, end = match.start(), extent_after(code, match.start())
        statement, line = code[start:end], line_at(code, start)
        if CAPTURING_LAMBDA.search(statement):
            found.append((line, "a capturing lambda temporary in a co_await statement: name the lambda first"))
        if is_chosen_by_question_mark(code, match.end(), end):
            found.append((line, "co_await inside '?:': write if and else"))
        if BRACED_ARGUMENT.search(statement):
            found.append((line, "a braced temporary in a co_await statement: name it, then std::move it"))
    return found


HANDLER_ALIAS = re.compile(r"\busing\s+(\w+)\s*=\s*[\w:]*\bany_completion_handler\s*<")


def handler_aliases(code):
    return set(HANDLER_ALIAS.findall(code))


def handler_names(code, aliases):
    types = "|".join([r"any_completion_handler\s*<[^;{}]*?>", *(re.escape(one) for one in sorted(aliases))])
    return set(re.findall(rf"\b(?:{types})(?:\s*&{{1,2}})?\s+(\w+)\s*[;,=(){{]", code))


def handler_assignments(code, names):
    if not names:
        return []
    names = "|".join(re.escape(one) for one in sorted(names))
    assigned = rf"(?:^|[;{{}})])\s*(?:[\w\]\[()]+(?:\.|->))*(?:{names})\s*=\s*std::(?:move|exchange)\b"
    message = "any_completion_handler is never move-assigned (Boost 1.81 recurses for ever): construct or swap"
    return [(line_at(code, match.end()), message) for match in re.finditer(assigned, code)]
