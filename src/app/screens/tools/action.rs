//! What a key can mean on the Tools screen.

use crate::actions;

actions! {
    /// Actions of the Tools screen.
    pub enum Action {
        Down = "tools.down": "one row down",
        Up = "tools.up": "one row up",
        PageDown = "tools.page-down": "one page down",
        PageUp = "tools.page-up": "one page up",
        First = "tools.first": "to the first row",
        Last = "tools.last": "to the last row",
        Run = "tools.run": "ask the model, with the chosen tools",
        Prompt = "tools.prompt": "write the question",
        Check = "tools.check": "offer the tool, or do not",
        CheckAll = "tools.check-all": "offer all tools, or none",
        Edit = "tools.edit": "edit the tool's definition",
        New = "tools.new": "define a tool",
        Delete = "tools.delete": "delete your own tool, after a yes",
        Save = "tools.save": "save what was edited",
        More = "tools.more": "the next value, or the pane to the right",
        Less = "tools.less": "the value before, or the pane to the left",
        Target = "tools.target": "choose whom to ask",
        Servers = "tools.servers": "MCP servers: start one, after a yes",
        Accept = "tools.accept": "take it, or look into it",
        Back = "tools.back": "back",
        Stop = "tools.stop": "stop the exchange",
        Go = "tools.go": "go on to the next step",
        YesOnce = "tools.yes-once": "let this call run",
        YesChat = "tools.yes-chat": "let this tool run for the rest of the conversation",
        No = "tools.no": "do not let this call run",
        Never = "tools.never": "do not let this tool run for the rest of the conversation",
        Xray = "tools.look": "look through the answer: prompt, raw text, calls",
        NextParser = "tools.parser-next": "read the raw text with the next parser",
        PreviousParser = "tools.parser-previous": "read the raw text with the parser before",
        AutoParser = "tools.parser-auto": "read the raw text with the parser that fits it",
        Scores = "tools.scores": "scores of suites: run one, compare two",
        Quick = "tools.suite-quick": "run the quick suite against the one that is asked",
        Full = "tools.suite-full": "run the full suite against the one that is asked",
        SuiteStop = "tools.suite-stop": "stop the suite; what is done is kept",
        Mark = "tools.mark": "mark the score, to hold others against it",
        Copy = "tools.copy": "copy what the pane shows",
    }
}
