//! The end of a connection whose last reply must arrive.
//!
//! A socket that is closed while bytes from the client stand unread is reset, and the reset can
//! overtake the reply. So: send what is left to say, close the sending side, and read on for a while,
//! until the client has closed too.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a client may take to hear the last reply and close.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much of what it sends meanwhile is read, in steps of `STEP` bytes.
const STEPS: usize = 1024;
const STEP: usize = 16 * 1024;

/// Says `last_words` and closes, within [`PATIENCE`].
pub(super) async fn farewell(mut stream: TcpStream, last_words: &[u8]) {
    let closing = async {
        stream.write_all(last_words).await?;
        stream.shutdown().await?;
        let mut ignored = vec![0; STEP];
        for _ in 0..STEPS {
            if stream.read(&mut ignored).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    };
    // However that went, there is nobody left to tell.
    if let Ok(Err(error)) = timeout(PATIENCE, closing).await {
        tracing::trace!(%error, "client left before its last reply was read");
    }
}
