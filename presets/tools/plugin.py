"""Tool calls of the format @NAME@ for vLLM, as vramdeck describes it.

    vllm serve MODEL --enable-auto-tool-choice --tool-parser-plugin THIS_FILE --tool-call-parser @NAME@

Each call is given once it is there in full. What is no call stays text.
"""

import json
import uuid

try:
    from vllm.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager
except ImportError:  # before 0.13
    from vllm.entrypoints.openai.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager
try:
    from vllm.entrypoints.generate.base import protocol
except ImportError:
    try:
        from vllm.entrypoints.openai.engine import protocol
    except ImportError:  # before 0.15
        from vllm.entrypoints.openai import protocol

FORMAT = json.loads(@FORMAT@)
WAIT = object()  # the text does not show yet what it is


def space(text, at):
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def first(text, at, tokens):
    """The earliest of the tokens from `at` on, of those at one place the longest: (place, token), or (-1, "")."""
    found = [(text.find(token, at), -len(token), token) for token in tokens if token]
    found = sorted(one for one in found if one[0] >= 0)
    return (found[0][0], found[0][2]) if found else (-1, "")


def overlap(text, tokens):
    """How many characters at the end may be the beginning of a token."""
    longest = max((len(token) for token in tokens), default=0)
    for size in range(min(longest - 1, len(text)), 0, -1):
        tail = text[len(text) - size :]
        if any(len(token) > size and token.startswith(tail) for token in tokens):
            return size
    return 0


def as_object(value):
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return {} if value is None else value if isinstance(value, dict) else None


def described(form, value):
    """(name, arguments) of a JSON object."""
    if not isinstance(value, dict):
        return None
    if form["keyed"]:
        (name, arguments), *more = value.items() if value else [(None, None)]
        return None if more or name is None or as_object(arguments) is None else (name, as_object(arguments))
    name = next((value[key] for key in form["name"] if isinstance(value.get(key), str)), None)
    if name is None and form["nameless"] and any(key in value for key in form["arguments"]):
        name = ""
    if name is None:
        inner = next((value[key] for key in ("function", "tool_call") if isinstance(value.get(key), dict)), None)
        return described(form, inner) if inner is not None else None
    keys = [key for key in form["arguments"] if key in value]
    if not keys and form["bare"]:
        return None
    arguments = as_object(value[keys[0]]) if keys else {}
    return None if arguments is None else (name, arguments)


def read_json(form, text, at, tools):
    at = space(text, at)
    while True:
        skipped = next((token for token in form["skip"] if token and text.startswith(token, at)), None)
        if skipped is None:
            break
        at = space(text, at + len(skipped))
    if at >= len(text):
        return WAIT
    if text[at] not in "{[":
        return None
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, at)
    except ValueError:
        return WAIT
    calls = [described(form, one) for one in (value if isinstance(value, list) else [value])]
    calls = [call for call in calls if call]
    return (calls, end) if calls else None


def read_named(form, text, at, tools):
    start = space(text, at)
    if text[start : start + 1] in ("{", "["):
        return read_json(form, text, start, tools)
    place, token = first(text, at, [*form["separator"], "{"])
    if place < 0:
        return WAIT if len(text) - at < 512 else None
    header = text[at:place]
    after = form["name_after"]
    if after and after in header:
        before, behind = header.split(after, 1)
        header = behind if behind.strip() else before
    lines = header.strip().removesuffix("```json").splitlines()
    name = (lines[0] if lines else "").strip().removeprefix("functions.")
    if ":" in name and name.rsplit(":", 1)[1].isdigit():
        name = name.rsplit(":", 1)[0]
    at = space(text, place if token == "{" else place + len(token))
    if at >= len(text):
        return WAIT
    if not name or text[at] != "{":
        return None
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, at)
    except ValueError:
        return WAIT
    return [(name, value)], end


def label(text):
    text = text.strip()
    return text[1:].split(text[0], 1)[0] if text[:1] in ("'", '"') else text


def typed(schema, text, json_values):
    types = schema.get("type") if isinstance(schema, dict) else None
    types = types if isinstance(types, list) else [types] if types else []
    if types == ["string"] or (not types and not json_values):
        return text
    try:
        value = json.loads(text.strip())
    except ValueError:
        value = {"true": True, "false": False}.get(text.strip().lower(), text)
    return value if not ("string" in types and isinstance(value, (dict, list, int, float))) else text


def read_tagged(form, text, at, tools):
    key, close = form["key"], form["close"]
    tags = [form["name_end"], key, *close]
    place, token = first(text, at, tags)
    if place < 0:
        return WAIT
    name = label(text[at:place])
    parameters = next((tool.get("parameters") for tool in tools if tool.get("name") == name), None) or {}
    properties = parameters.get("properties") or {}
    arguments = {}
    at = place + len(token) if token == form["name_end"] else place
    while True:
        place, token = first(text, at, [key, *close])
        if place < 0:
            return WAIT
        at = place + len(token)
        if token in close:
            return ([(name, arguments)], at) if name else None
        end = text.find(form["key_end"], at)
        if end < 0:
            return WAIT
        word, at = label(text[at:end]), end + len(form["key_end"])
        if form["value"]:
            at = text.find(form["value"], at) + len(form["value"])
        place, token = first(text, at, [form["value_end"], key])
        if place < 0 or at < end:
            return WAIT
        value = text[at:place]
        if form["trim"] == "space":
            value = value.strip()
        elif form["trim"] == "lines" or (form["trim"] == "pair" and value.startswith("\n")):
            value = value.removeprefix("\n").removesuffix("\n")
        arguments[word] = typed(properties.get(word), value, form["json_values"])
        at = place + (len(token) if token == form["value_end"] else 0)


READ = {"json": read_json, "named": read_named, "tagged": read_tagged}


def read(text, tools, last):
    """(text for the reader, calls) of all that is clear by now."""
    forms = [(token, form) for form in FORMAT["call"] for token in form["open"] if token]
    plain = [*FORMAT["markers"], *(token for _, form in forms for token in form["close"])]
    opens = dict(reversed(forms))
    content, calls, at = "", [], 0
    while at < len(text):
        place, token = first(text, at, [*opens, *plain])
        if place < 0:
            keep = 0 if last else overlap(text[at:], [*opens, *plain])
            content += text[at : len(text) - keep]
            break
        content += text[at:place]
        if token not in opens:
            at = place + len(token)
            continue
        form = opens[token]
        found = READ[form["body"]](form, text, place if form["bare"] else place + len(token), tools)
        if found is WAIT and not last:
            break
        if found is WAIT or found is None:
            content += token
            at = place + len(token)
            continue
        calls += found[0]
        at = found[1]
    return content, calls


class Parser(ToolParser):
    def __init__(self, tokenizer, tools=None):
        try:
            super().__init__(tokenizer, tools)
        except TypeError:
            super().__init__(tokenizer)
        self.told = 0
        self.sent = 0

    def adjust_request(self, request):
        request = super().adjust_request(request)
        if request.tools and request.tool_choice != "none":
            request.skip_special_tokens = False
        return request

    def offered(self, request):
        tools = getattr(self, "tools", None) or getattr(request, "tools", None) or []
        each = [getattr(tool, "function", tool) for tool in tools]
        return [{"name": getattr(one, "name", None), "parameters": getattr(one, "parameters", None)} for one in each]

    def extract_tool_calls(self, model_output, request):
        content, calls = read(model_output, self.offered(request), True)
        made = [
            protocol.ToolCall(
                type="function",
                function=protocol.FunctionCall(name=name, arguments=json.dumps(arguments, ensure_ascii=False)),
            )
            for name, arguments in calls
        ]
        text = content if not calls or content.strip() else None
        return protocol.ExtractedToolCallInformation(tools_called=bool(made), tool_calls=made, content=text or None)

    def extract_tool_calls_streaming(self, previous_text, current_text, delta_text, *rest, **named):
        request = named.get("request") or (rest[-1] if rest else None)
        content, calls = read(current_text, self.offered(request), False)
        text, self.sent = content[self.sent :], max(self.sent, len(content))
        deltas = []
        for name, arguments in calls[self.told :]:
            written = json.dumps(arguments, ensure_ascii=False)
            call = protocol.DeltaFunctionCall(name=name, arguments=written)
            one = protocol.DeltaToolCall(
                index=self.told, type="function", id=f"call_{uuid.uuid4().hex}", function=call
            )
            deltas.append(one)
            self.prev_tool_call_arr.append({"name": name, "arguments": arguments})
            self.streamed_args_for_tool.append(written)
            self.current_tool_id = self.told
            self.told += 1
        if not deltas and not text:
            return None
        return protocol.DeltaMessage(content=text or None, tool_calls=deltas) if deltas else protocol.DeltaMessage(content=text)


ToolParserManager.register_module(name=FORMAT["name"], module=Parser)
