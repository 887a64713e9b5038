//! The log: one line per event to standard error, for people on a terminal, JSON for machines.
//!
//! Standard output is not the log's: other programs read the address, a token or an audit there. No
//! secret is hidden here, for none may arrive: the types that hold one do not show it.

use std::io::{self, IsTerminal};

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::{LogFilter, LogFormat};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The filter is not understood. Settings check it, so this is not met after them.
    #[error("the log filter is not understood: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// This process logs already.
    #[error("the log has been started already")]
    StartedAlready(#[from] tracing::dispatcher::SetGlobalDefaultError),
}

/// Starts the log of this process.
///
/// # Errors
/// [`LogsError`]; nothing has changed then.
pub fn start(filter: &LogFilter, format: LogFormat) -> Result<(), LogsError> {
    let terminal = io::stderr().is_terminal();
    let dispatch = dispatch(filter.as_str(), format.on(terminal), terminal, io::stderr)?;
    tracing::dispatcher::set_global_default(dispatch)?;
    Ok(())
}

/// How a line looks, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Pretty,
    Json,
}

impl LogFormat {
    const fn on(self, terminal: bool) -> Look {
        match (self, terminal) {
            (Self::Pretty, _) | (Self::Auto, true) => Look::Pretty,
            (Self::Json, _) | (Self::Auto, false) => Look::Json,
        }
    }
}

fn dispatch<W>(filter: &str, look: Look, colours: bool, writer: W) -> Result<Dispatch, LogsError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    Ok(match look {
        Look::Pretty => builder.with_ansi(colours).into(),
        Look::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .into(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged_as(filter: &str, look: Look, act: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let dispatch = dispatch(filter, look, false, move || writer.clone()).unwrap();
        tracing::dispatcher::with_default(&dispatch, act);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    /// What `act` logs, in JSON.
    pub(crate) fn logged(filter: &str, act: impl FnOnce()) -> String {
        logged_as(filter, Look::Json, act)
    }

    #[test]
    fn auto_is_pretty_on_a_terminal_and_json_elsewhere() {
        assert_eq!(LogFormat::Auto.on(true), Look::Pretty);
        assert_eq!(LogFormat::Auto.on(false), Look::Json);
        assert_eq!(LogFormat::Json.on(true), Look::Json);
        assert_eq!(LogFormat::Pretty.on(false), Look::Pretty);
    }

    #[test]
    fn a_json_line_has_its_fields_at_the_top_and_its_span() {
        let line = logged("info", || {
            let _span = tracing::info_span!("request", request.id = "r1").entered();
            tracing::info!(batch.size = 7, "committed");
        });
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["message"], "committed");
        assert_eq!(line["batch.size"], 7);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["span"]["request.id"], "r1");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_pretty_line_is_for_people_and_has_no_colours_in_a_file() {
        let line = logged_as("info", Look::Pretty, || {
            tracing::info!(size = 7, "committed")
        });
        assert!(
            line.contains("INFO") && line.contains("committed size=7"),
            "{line}"
        );
        assert!(!line.contains('\u{1b}'));
    }

    #[test]
    fn the_filter_decides_what_is_logged() {
        let act = || {
            tracing::debug!("too quiet");
            tracing::warn!("loud");
            tracing::debug!(target: "adapter_http", "asked for");
        };
        let lines = logged("warn,adapter_http=debug", act);
        assert!(!lines.contains("too quiet"));
        assert!(lines.contains("loud") && lines.contains("asked for"));
        assert_eq!(logged("off", act), "");
    }
}
