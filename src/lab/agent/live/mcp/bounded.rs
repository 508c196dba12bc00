//! A server's output with a bound on each line: memory does not grow with what it writes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Ends with an error once a line is longer than allowed, and remembers it.
pub(super) struct Bounded<R> {
    inner: R,
    line: usize,
    most: usize,
    flooded: Arc<AtomicBool>,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, most: usize, flooded: Arc<AtomicBool>) -> Self {
        Self { inner, line: 0, most, flooded }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let read = buf.filled().get(before..).unwrap_or_default();
        self.line = match read.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => read.len() - at - 1,
            None => self.line.saturating_add(read.len()),
        };
        if self.line > self.most {
            buf.set_filled(before);
            self.flooded.store(true, Ordering::Relaxed);
            return Poll::Ready(Err(io::Error::other("a message is too long")));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_line_without_end_ends_the_reading() {
        for (bytes, fine) in [("aaaa\naaaa\n".repeat(50), true), ("aaaa\naaaaaaaaaaaaaa".to_owned(), false)] {
            let flooded = Arc::new(AtomicBool::new(false));
            let mut read = Bounded::new(bytes.as_bytes(), 8, Arc::clone(&flooded));
            assert_eq!(read.read_to_end(&mut Vec::new()).await.is_ok(), fine);
            assert_eq!(flooded.load(Ordering::Relaxed), !fine);
        }
    }
}
