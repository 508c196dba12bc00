//! What each part of Markdown looks like.

use crate::ui::theme::{Role, Theme};
use ratatui::style::Style;

macro_rules! roles {
    ($($name:ident = $role:ident : $text:literal),* $(,)?) => {
        /// A style for each part of Markdown. The theme decides; nothing here is a colour.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Roles {
            $(#[doc = $text] pub $name: Style,)*
            /// Draw marks and borders with ASCII only.
            pub ascii: bool,
        }

        impl Roles {
            /// The styles of a theme.
            pub fn of(theme: &Theme, ascii: bool) -> Self {
                Self { $($name: theme.style(Role::$role),)* ascii }
            }
        }
    };
}

roles! {
    text = Text: "Ordinary text.",
    heading = Heading: "Headings.",
    strong = MdStrong: "Strong text, over what it stands in.",
    emphasis = MdEmphasis: "Emphasis, over what it stands in.",
    code = MdCode: "Code within a line.",
    code_block = MdCodeBlock: "Code blocks.",
    quote = MdQuote: "Quotations.",
    link = MdLink: "Links.",
    bullet = MdBullet: "List marks.",
    table = MdTable: "Table borders.",
    rule = MdRule: "Rules.",
    dim = Dim: "Addresses of links, HTML, struck text.",
    keyword = SynKeyword: "Keywords in code.",
    string = SynString: "Strings in code.",
    comment = SynComment: "Comments in code.",
    number = SynNumber: "Numbers and constants in code.",
    function = SynFunction: "Function names in code.",
    type_name = SynType: "Types in code.",
}
