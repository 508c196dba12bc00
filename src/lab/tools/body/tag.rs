//! The tags of a call written between tags: where the next one stands, and what a tag's text says.

use super::{Body, CallForm};
use crate::lab::tools::marks::{Look, Marks};

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    NameEnd,
    Key,
    KeyEnd,
    ValueEnd,
    Close,
    Around,
}

/// One set of tags that is looked for at a time.
#[derive(Debug, Clone)]
pub(super) struct Set {
    marks: Marks,
    tags: Vec<Tag>,
}

/// The sets of one form.
#[derive(Debug, Clone)]
pub(crate) struct Tags {
    pub(super) name: Set,
    pub(super) between: Set,
    pub(super) key: Set,
    pub(super) value: Set,
}

impl Tags {
    /// `None` for other bodies.
    pub(super) fn new(form: &CallForm) -> Option<Self> {
        if form.body != Body::Tagged {
            return None;
        }
        let one = |tag: Tag, text: &str| (!text.is_empty()).then(|| (tag, text.to_owned()));
        let many = |tag: Tag, texts: &[String]| texts.iter().filter_map(|text| one(tag, text)).collect::<Vec<_>>();
        let close = many(Tag::Close, &form.close);
        let around = many(Tag::Around, &form.around);
        let key = one(Tag::Key, &form.key);
        let between = || key.clone().into_iter().chain(close.clone()).chain(around.clone());
        Some(Self {
            name: Set::new(one(Tag::NameEnd, &form.name_end).into_iter().chain(between()))?,
            between: Set::new(between())?,
            key: Set::new(one(Tag::KeyEnd, &form.key_end).into_iter().chain(close.clone()).chain(around.clone()))?,
            value: Set::new(one(Tag::ValueEnd, &form.value_end).into_iter().chain(key.clone()).chain(close.clone()))?,
        })
    }
}

impl Set {
    fn new(tags: impl Iterator<Item = (Tag, String)>) -> Option<Self> {
        let (tags, texts): (Vec<Tag>, Vec<String>) = tags.unzip();
        Some(Self { marks: Marks::new(&texts)?, tags })
    }

    /// The next tag from `at` on with its place, or how far there is none.
    pub(super) fn next(&self, data: &[u8], at: usize, last: bool) -> Result<(Tag, usize, usize), usize> {
        match self.marks.look(data, at, last) {
            Look::Hit { start, end, id } => Ok((self.tags.get(id).copied().unwrap_or(Tag::Around), start, end)),
            Look::Clear(place) => Err(place),
        }
    }
}

/// The text of a tag that names something: what stands between its first quotes, or all of it, and whether an attribute
/// `string` calls the value text.
pub(super) fn label(text: &str) -> (String, Option<bool>) {
    let text = text.trim().trim_end_matches('/').trim_end();
    let quoted = text.chars().next().filter(|c| matches!(c, '"' | '\'')).and_then(|quote| text[1..].split_once(quote));
    let Some((name, rest)) = quoted else { return (text.to_owned(), None) };
    let attribute = rest.split_once("string=").map(|(_, value)| value.trim_start_matches(['"', '\'']));
    (name.trim().to_owned(), attribute.map(|value| value.starts_with("true")))
}

/// The text that stands in XML: sections of CDATA without their marks, entities as what they stand for.
pub(super) fn plain(text: &str) -> String {
    let inner = text.trim().strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"));
    if let Some(inner) = inner {
        return inner.to_owned();
    }
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        let table = [
            ("city", ("city", None)),
            (" \"a b\" ", ("a b", None)),
            ("'x' id=\"1\"", ("x", None)),
            ("\"n\" string=\"true\"", ("n", Some(true))),
            ("\"n\" string=\"false\"", ("n", Some(false))),
            ("\"open", ("\"open", None)),
        ];
        for (text, (name, string)) in table {
            assert_eq!(label(text), (name.to_owned(), string), "{text}");
        }
        assert_eq!(plain("a &lt;b&gt; &amp;lt;"), "a <b> &lt;");
        assert_eq!(plain("<![CDATA[<a> & b]]>"), "<a> & b");
    }
}
