//! The Markdown of one block to rows.

use super::code::Code;
use super::roles::Roles;
use super::table::Table;
use super::wrap::{self, Run};
use crate::base::text;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Columns that text keeps however deep it is nested.
const LEAST: usize = 8;
/// Deeper nesting is drawn as deep as this.
const DEEPEST: usize = 24;

/// Lays a block out; `number` is that of the list item it is.
pub(super) fn lay_out(source: &str, number: Option<u64>, width: usize, roles: &Roles, out: &mut Vec<Line<'static>>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::new(number, width, roles, out);
    for event in Parser::new_ext(source, options) {
        writer.take(event);
    }
    writer.end_text();
}

/// What stands before each row of what is inside.
#[derive(Debug, Clone)]
struct Prefix {
    /// On the first row, until used.
    first: Option<Span<'static>>,
    /// On the others.
    rest: Span<'static>,
}

struct Writer<'a> {
    roles: &'a Roles,
    width: usize,
    out: &'a mut Vec<Line<'static>>,
    runs: Vec<Run>,
    styles: Vec<Style>,
    prefixes: Vec<Prefix>,
    lists: Vec<Option<u64>>,
    /// The number for the first item of the first list.
    number: Option<u64>,
    /// Addresses of open links and images.
    addresses: Vec<String>,
    /// Text since each open link began.
    linked: String,
    code: Option<(String, String)>,
    table: Option<Table>,
    /// Whether an empty row stands before the next block.
    gap: bool,
}

impl<'a> Writer<'a> {
    fn new(number: Option<u64>, width: usize, roles: &'a Roles, out: &'a mut Vec<Line<'static>>) -> Self {
        Self {
            roles,
            width,
            out,
            runs: Vec::new(),
            styles: vec![roles.text],
            prefixes: Vec::new(),
            lists: Vec::new(),
            number,
            addresses: Vec::new(),
            linked: String::new(),
            code: None,
            table: None,
            gap: false,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text, Style::new()),
            },
            Event::Code(code) => self.text(&code, self.roles.code),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::SoftBreak => self.text(" ", Style::new()),
            Event::HardBreak => self.break_row(),
            Event::Rule => self.rule(),
            Event::TaskListMarker(done) => {
                let mark = match (done, self.roles.ascii) {
                    (true, false) => "☑ ",
                    (false, false) => "☐ ",
                    (true, true) => "[x] ",
                    (false, true) => "[ ] ",
                };
                self.text(mark, self.roles.bullet);
            }
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text, Style::new());
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.begin_block(),
            Tag::Heading { level, .. } => {
                self.begin_block();
                let underline = matches!(level, HeadingLevel::H1);
                let extra = if underline { Modifier::UNDERLINED } else { Modifier::empty() };
                self.style(self.roles.heading.add_modifier(extra));
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                let mark = if self.roles.ascii { "| " } else { "▎ " };
                self.prefix(Prefix { first: None, rest: Span::styled(mark, self.roles.quote) });
                self.style(self.roles.quote);
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                let language = match kind {
                    // Character references can bring anything back here too.
                    CodeBlockKind::Fenced(info) => {
                        text::clean_line(info.split([' ', ',', '{']).next().unwrap_or_default())
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => self.begin_block(),
            Tag::List(start) => self.begin_list(start),
            Tag::Item => self.begin_item(),
            Tag::Table(alignments) => {
                self.begin_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            Tag::Emphasis => self.style(self.roles.emphasis),
            Tag::Strong => self.style(self.roles.strong),
            Tag::Strikethrough => self.style(self.roles.dim.add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.style(self.roles.link);
                self.addresses.push(dest_url.into_string());
                self.linked.clear();
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.end_text(),
            TagEnd::Heading(_) => {
                self.end_text();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.end_text();
                self.prefixes.pop();
                self.styles.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = true;
            }
            TagEnd::Item => {
                self.end_text();
                self.empty_item();
                self.prefixes.pop();
                self.gap = false;
            }
            TagEnd::Table => self.end_table(),
            TagEnd::TableCell => {
                let runs = std::mem::take(&mut self.runs);
                if let Some(table) = &mut self.table {
                    table.cell(runs);
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    /// Text of the innermost style, over which `own` goes.
    fn text(&mut self, raw: &str, own: Style) {
        // Character references can bring anything back that was cleaned before.
        let safe = text::clean(raw).replace(['\n', '\t'], " ");
        if !self.addresses.is_empty() {
            self.linked.push_str(&safe);
        }
        let style = self.current().patch(own);
        match self.runs.last_mut() {
            Some(last) if last.style == style => last.text.push_str(&safe),
            _ => self.runs.push(Run { text: safe, style }),
        }
    }

    fn break_row(&mut self) {
        let style = self.current();
        self.runs.push(Run { text: "\n".to_owned(), style });
    }

    fn html(&mut self, html: &str) {
        if matches!(html.trim().to_ascii_lowercase().as_str(), "<br>" | "<br/>" | "<br />") {
            return self.break_row();
        }
        for (n, line) in html.trim_end_matches('\n').split('\n').enumerate() {
            if n > 0 {
                self.break_row();
            }
            self.text(line, self.roles.dim);
        }
        if html.ends_with('\n') {
            self.break_row();
        }
    }

    fn current(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn style(&mut self, own: Style) {
        self.styles.push(self.current().patch(own));
    }

    fn prefix(&mut self, prefix: Prefix) {
        // Beyond the deepest level nothing is drawn, so that a hostile depth costs nothing.
        let prefix = if self.prefixes.len() < DEEPEST { prefix } else { Prefix { first: None, rest: Span::raw("") } };
        self.prefixes.push(prefix);
    }

    fn begin_block(&mut self) {
        self.end_text();
        if std::mem::take(&mut self.gap) {
            let spans = self.lead(false);
            self.out.push(Line::from(spans.0));
        }
    }

    fn begin_list(&mut self, start: Option<u64>) {
        self.end_text();
        if self.lists.is_empty() {
            self.begin_block();
        }
        self.gap = false;
        let number = if self.lists.is_empty() { self.number.take() } else { None };
        self.lists.push(start.map(|start| number.unwrap_or(start)));
    }

    fn begin_item(&mut self) {
        let nested = self.lists.len() > 1;
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ if self.roles.ascii => "- ".to_owned(),
            _ if nested => "◦ ".to_owned(),
            _ => "• ".to_owned(),
        };
        let rest = " ".repeat(wrap::columns(&mark));
        self.prefix(Prefix { first: Some(Span::styled(mark, self.roles.bullet)), rest: Span::raw(rest) });
    }

    /// An item without text still shows its mark.
    fn empty_item(&mut self) {
        if self.prefixes.last().is_some_and(|prefix| prefix.first.is_some()) {
            let (spans, _) = self.lead(true);
            self.out.push(Line::from(spans));
        }
    }

    /// What stands before the next row, and its columns. `text` uses up the marks of list items.
    fn lead(&mut self, text: bool) -> (Vec<Span<'static>>, usize) {
        let room = self.width.saturating_sub(LEAST.min(self.width));
        let mut used = 0;
        let mut spans = Vec::new();
        for prefix in &mut self.prefixes {
            let span = if text { prefix.first.take() } else { None }.unwrap_or_else(|| prefix.rest.clone());
            let columns = wrap::columns(&span.content);
            if used + columns <= room {
                used += columns;
                spans.push(span);
            }
        }
        (spans, used)
    }

    /// Ends a paragraph, heading or the text of an item.
    fn end_text(&mut self) {
        let mut runs = std::mem::take(&mut self.runs);
        while runs.last().is_some_and(|run| run.text.trim().is_empty()) {
            runs.pop();
        }
        if runs.is_empty() || self.table.is_some() {
            return;
        }
        let (mut spans, used) = self.lead(true);
        for row in wrap::words(&runs, self.width - used) {
            spans.extend(row.spans);
            self.out.push(Line::from(spans));
            spans = self.lead(false).0;
        }
        self.gap = true;
    }

    fn end_link(&mut self) {
        self.styles.pop();
        let Some(address) = self.addresses.pop() else { return };
        let linked = std::mem::take(&mut self.linked);
        if address != linked && address.strip_prefix("mailto:") != Some(&linked) {
            self.text(&format!(" ({address})"), self.roles.dim);
        }
    }

    fn end_code(&mut self) {
        let Some((language, code)) = self.code.take() else { return };
        let (first, used) = self.lead(true);
        let rest = self.lead(false).0;
        let safe = text::clean(&code);
        let mut rows = Vec::new();
        let source = format!("````````\n{}\n````````", safe.trim_end_matches('\n'));
        Code::new(&language, 0).lay_out(&source, self.width - used, self.roles, false, &mut rows);
        for (n, row) in rows.into_iter().enumerate() {
            let lead = if n == 0 { &first } else { &rest };
            self.out.push(Line::from(lead.iter().cloned().chain(row.spans).collect::<Vec<_>>()));
        }
        self.gap = true;
    }

    fn rule(&mut self) {
        self.begin_block();
        let (mut spans, used) = self.lead(true);
        let mark = if self.roles.ascii { "-" } else { "─" };
        spans.push(Span::styled(mark.repeat(self.width - used), self.roles.rule));
        self.out.push(Line::from(spans));
        self.gap = true;
    }

    fn end_table(&mut self) {
        self.runs.clear();
        let Some(table) = self.table.take() else { return };
        let (first, used) = self.lead(true);
        let rest = self.lead(false).0;
        for (n, row) in table.lay_out(self.width - used, self.roles).into_iter().enumerate() {
            let lead = if n == 0 { &first } else { &rest };
            self.out.push(Line::from(lead.iter().cloned().chain(row).collect::<Vec<_>>()));
        }
        self.gap = true;
    }
}
