//! The first minutes with the program: what `serve` makes, and what it says of how to go on.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use firstcome_tests::over_http::{Client, firstcome};
use hyper::StatusCode;
use serde_json::json;
use tempfile::TempDir;

/// The token that the printed line's command makes, as it stands there, in a shell.
fn made_as_printed(folder: &Path, line: &str) -> String {
    let (_, command) = line.split_once(": ").unwrap();
    let mut shell = Command::new("sh");
    let made = shell.current_dir(folder).args(["-c", command]).output();
    String::from_utf8(made.unwrap().stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// A server with nothing set but this, not even a secret.
struct FirstServe {
    child: Child,
    _out: BufReader<ChildStdout>,
    lines: Vec<String>,
}

impl FirstServe {
    fn start(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = firstcome()
            .current_dir(folder)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let lines = out.by_ref().lines().take(3).map(Result::unwrap).collect();
        Self {
            child,
            _out: out,
            lines,
        }
    }
}

impl Drop for FirstServe {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

#[tokio::test]
async fn the_first_serve_in_an_empty_folder_makes_what_it_needs_and_says_how_to_begin() {
    let folder = TempDir::new().unwrap();
    let serving = FirstServe::start(folder.path(), &[], &[]);
    let [address, docs, token] = &serving.lines[..] else {
        panic!("{:?}", serving.lines)
    };
    let address = address.strip_prefix("listening on http://").unwrap();
    let mut client = Client::new(address.parse().unwrap());

    let data = folder.path().join("firstcome-data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    for name in ["firstcome.db", "signing-key"] {
        assert!(files.contains(&data.join(name)), "{files:?}");
    }
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }

    let docs = docs.strip_prefix(&format!("docs at http://{address}"));
    let page = client.get(docs.unwrap(), "").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert!(page.header("content-type").starts_with("text/html"));

    let token = made_as_printed(folder.path(), token);
    let event = json!({"name": "the first", "endsAt": "2099-01-01T00:00:00Z"});
    let made = client.post("/v1/events", &token, &event).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert!(!serving.lines.concat().contains(&token));
}

#[tokio::test]
async fn the_printed_command_makes_a_good_token_whatever_the_server_was_told_and_by_what_way() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("own settings.toml");
    fs::write(&config, "jwt_secret = \"a secret of 32 bytes, or of more\"").unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let serving = FirstServe::start(
        folder.path(),
        &[
            "--config",
            "own settings.toml",
            "--data",
            "its data",
            "--jwt-issuer",
            "a shop's",
        ],
        &[("FIRSTCOME_JWT_AUDIENCE", "the tills")],
    );
    let [address, _, token] = &serving.lines[..] else {
        panic!("{:?}", serving.lines)
    };
    assert!(!token.contains("a secret of"), "{token}");
    let address = address.strip_prefix("listening on http://").unwrap();
    let mut client = Client::new(address.parse().unwrap());
    let made = made_as_printed(folder.path(), token);
    let events = client.get("/v1/events", &made).await;
    assert_eq!(events.status, StatusCode::OK, "{token}: {events:?}");

    // And none of what it was told is there in vain.
    for told in [
        " --config 'own settings.toml'",
        r" --jwt-issuer 'a shop'\''s'",
        " --jwt-audience 'the tills'",
    ] {
        assert!(token.contains(told), "{told} is not in: {token}");
        let other = made_as_printed(folder.path(), &token.replace(told, ""));
        let events = client.get("/v1/events", &other).await;
        assert_eq!(events.status, StatusCode::UNAUTHORIZED, "without {told}");
    }
}
