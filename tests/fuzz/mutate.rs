//! Inputs made of other inputs: the same seed gives the same ones.

/// The longest input made.
pub const LONGEST: usize = 24 << 10;

/// Small numbers, fast: splitmix64.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers that belong to these bytes: a target that cuts its input cuts it the same way every time.
    pub fn of(data: &[u8]) -> Self {
        let hash = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(data.iter().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// What steers terminals, breaks decoders or ends lines in an unusual way.
const NASTY: &[&[u8]] = &[
    b"\x1b[31m",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b]0;title\x1b\\",
    b"\x1bP1$r\x1b\\",
    b"\x9b31m",
    b"\xc2\x9b31m",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\0",
    b"\x7f",
    b"\x08\x08",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
    b"\xe2\x80\xa8",
    b"\xd8\x9c",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".as_bytes(),
    "\u{1f1e9}\u{1f1ea}".as_bytes(),
    "e\u{301}\u{302}\u{303}".as_bytes(),
    "\u{301}".as_bytes(),
    "\u{644}\u{627}".as_bytes(),
    "\u{65e5}\u{672c}\u{8a9e}".as_bytes(),
    "\u{fdfd}".as_bytes(),
    "\u{2764}\u{fe0f}".as_bytes(),
    "\u{a0}".as_bytes(),
];

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "-1e309",
    "1e-400",
    "NaN",
    "inf",
    "0.1",
    "99999999999999999999999999999999",
    "0x7fffffff",
    "1_000",
    "1,000",
    "",
];

const WORDS: &[u64] =
    &[0, 1, 8, 255, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 63, u64::MAX, u64::MAX - 7];

const OPENERS: &[&str] =
    &["[", "{\"a\":", "(", "<", "> ", "- ", "  ", "*", "_", "`", "[[", "a.", "\"", "{", "#", "|", "![", "&"];

/// A new input out of the seeds.
pub fn input(rng: &mut Rng, seeds: &[Vec<u8>], tokens: &[&[u8]]) -> Vec<u8> {
    let mut data = rng.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..=rng.below(6) {
        mutate(rng, &mut data, seeds, tokens);
        data.truncate(LONGEST);
    }
    data
}

fn mutate(rng: &mut Rng, data: &mut Vec<u8>, seeds: &[Vec<u8>], tokens: &[&[u8]]) {
    let at = rng.below(data.len() + 1);
    let range = {
        let other = rng.below(data.len() + 1);
        at.min(other)..at.max(other)
    };
    match rng.below(16) {
        0 => flip(rng, data),
        1 => data.insert(at, rng.next() as u8),
        2 => drop(data.drain(range)),
        3 => data.truncate(at),
        4 => repeat(rng, data, range),
        5 => splice(rng, data, at, seeds),
        6 => put(data, at, rng.pick(NUMBERS).map_or(b"", |number| number.as_bytes())),
        7 => word(rng, data, at),
        8 => put(data, at, &rng.pick(OPENERS).map_or("", |opener| *opener).repeat(1 << rng.below(12)).into_bytes()),
        9 => number(rng, data),
        10 => put(data, at, &[b'x', b' ', 0xff, b'\n', b'9'][rng.below(5)..][..1].repeat(1 << rng.below(13))),
        11 | 12 => put(data, at, rng.pick(NASTY).copied().unwrap_or_default()),
        13 => {
            let token = rng.pick(tokens).copied().unwrap_or_default();
            let end = (at + token.len()).min(data.len());
            data.splice(at..end, token.iter().copied());
        }
        _ => put(data, at, rng.pick(tokens).copied().unwrap_or_default()),
    }
}

fn flip(rng: &mut Rng, data: &mut [u8]) {
    let at = rng.below(data.len());
    if let Some(byte) = data.get_mut(at) {
        *byte ^= 1 << rng.below(8);
    }
}

fn put(data: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    data.splice(at..at, bytes.iter().copied());
}

fn repeat(rng: &mut Rng, data: &mut Vec<u8>, range: std::ops::Range<usize>) {
    let piece = data[range.clone()].to_vec();
    let most = LONGEST / piece.len().max(1);
    put(data, range.end, &piece.repeat((1 << rng.below(10)).min(most)));
}

fn splice(rng: &mut Rng, data: &mut Vec<u8>, at: usize, seeds: &[Vec<u8>]) {
    let Some(other) = rng.pick(seeds) else { return };
    let from = rng.below(other.len() + 1);
    data.truncate(at);
    data.extend_from_slice(&other[from..]);
}

/// A number of eight or four bytes, over what stands there.
fn word(rng: &mut Rng, data: &mut [u8], at: usize) {
    let bytes = rng.pick(WORDS).copied().unwrap_or_default().to_le_bytes();
    let width = [8, 4, 2][rng.below(3)];
    for (byte, new) in data.iter_mut().skip(at).zip(&bytes[..width]) {
        *byte = *new;
    }
}

/// Another number in the place of one that is written out.
fn number(rng: &mut Rng, data: &mut Vec<u8>) {
    let from = rng.below(data.len());
    let Some(start) = data.iter().skip(from).position(u8::is_ascii_digit).map(|at| at + from) else { return };
    let end = data[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(data.len(), |at| at + start);
    let new = rng.pick(NUMBERS).copied().unwrap_or_default();
    data.splice(start..end, new.bytes());
}

/// Cuts bytes into pieces at places that belong to them.
pub fn pieces(data: &[u8]) -> Vec<&[u8]> {
    let mut rng = Rng::of(data);
    let most = [1, 2, 7, 100, 4000][rng.below(5)];
    let mut rest = data;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at((rng.below(most) + 1).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

#[test]
fn the_same_seed_gives_the_same_inputs() {
    let seeds = [b"data: {\"a\": 1}\n\n".to_vec()];
    let make = || (0..200).map(|n| input(&mut Rng::new(n), &seeds, &[b"x"])).collect::<Vec<_>>();
    let first = make();
    assert_eq!(first, make());
    assert!(first.iter().collect::<std::collections::HashSet<_>>().len() > 150);
}
