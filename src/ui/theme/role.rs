//! What a colour means.

macro_rules! roles {
    ($($role:ident = $name:literal : $text:literal),* $(,)?) => {
        /// What a colour means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $(#[doc = $text] $role),* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// The name in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name),* }
            }

            /// What it is for.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$role => $text),* }
            }

            /// Finds a role by its name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|role| role.name() == name)
            }
        }
    };
}

roles! {
    Text = "text": "ordinary text and measured values",
    Dim = "dim": "labels, hints, computed values",
    Strong = "strong": "text that matters",
    Accent = "accent": "what has the focus",
    Border = "border": "borders",
    BorderFocus = "border-focus": "the border of the focused pane",
    Title = "title": "titles of panes",
    Tab = "tab": "a tab",
    TabActive = "tab-active": "the tab in front",
    Selection = "selection": "the selected row",
    Key = "key": "a key in a hint",
    Hint = "hint": "the words of a hint",
    Good = "good": "fits, ready, done",
    Warn = "warn": "tight, waiting, degraded",
    Bad = "bad": "does not fit, failed",
    Info = "info": "a notice",
    Unknown = "unknown": "a value that is not known",
    Estimate = "estimate": "a value that is estimated",
    Simulated = "simulated": "the mark of a simulation",
    Banner = "banner": "a banner about the driver",
    BarDriver = "bar-driver": "memory kept by the driver",
    BarDesktop = "bar-desktop": "memory of the desktop",
    BarForeign = "bar-foreign": "memory of other programs",
    BarRun1 = "bar-run-1": "memory of the first run",
    BarRun2 = "bar-run-2": "memory of the second run",
    BarRun3 = "bar-run-3": "memory of the third run",
    BarRun4 = "bar-run-4": "memory of the fourth run",
    BarUnknown = "bar-unknown": "memory nobody accounts for",
    BarFree = "bar-free": "free memory",
    Chart1 = "chart-1": "first line of a chart",
    Chart2 = "chart-2": "second line of a chart",
    Axis = "axis": "axes of a chart",
    SliderFill = "slider-fill": "the filled part of a slider",
    SliderEmpty = "slider-empty": "the empty part of a slider",
    SliderKnob = "slider-knob": "the knob of a slider",
    Unset = "unset": "a setting that is not set",
    Unavailable = "unavailable": "a setting that does not exist here",
    User = "user": "the person's name in a transcript",
    Assistant = "assistant": "the model's name in a transcript",
    Reasoning = "reasoning": "reasoning",
    Tool = "tool": "tool calls and results",
    Change = "change": "a change of settings in the transcript",
    Match = "match": "the part that was searched for",
    LogDebug = "log-debug": "debug lines of a log",
    LogInfo = "log-info": "ordinary lines of a log",
    LogWarn = "log-warn": "warnings of a log",
    LogError = "log-error": "errors of a log",
    Heading = "md-heading": "Markdown headings",
    MdStrong = "md-strong": "Markdown strong text",
    MdEmphasis = "md-emphasis": "Markdown emphasis",
    MdCode = "md-code": "Markdown inline code",
    MdCodeBlock = "md-code-block": "Markdown code blocks",
    MdQuote = "md-quote": "Markdown quotations",
    MdLink = "md-link": "Markdown links",
    MdBullet = "md-bullet": "Markdown list marks",
    MdTable = "md-table": "Markdown table borders",
    MdRule = "md-rule": "Markdown rules",
    SynKeyword = "syn-keyword": "keywords in code",
    SynString = "syn-string": "strings in code",
    SynComment = "syn-comment": "comments in code",
    SynNumber = "syn-number": "numbers and constants in code",
    SynFunction = "syn-function": "function names in code",
    SynType = "syn-type": "types in code",
}
