//! The stampede: wrk, each request with the token of another consumer, or about another copy.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// All callers ask about the first thing, then about the second, and so on. Where it left off is kept
/// between rounds, so that nobody asks about the same thing twice. `ask` comes before it.
const SCRIPT: &str = r#"
local tokens, things, file = {}, {}, nil
local at, threads = 0, 0
function setup(thread)
  thread:set("this", threads)
  threads = threads + 1
end
function init(arguments)
  for line in io.lines(arguments[1]) do tokens[#tokens + 1] = "Bearer " .. line end
  for line in io.lines(arguments[2]) do things[#things + 1] = line end
  file = arguments[3] .. this
  local kept = io.open(file)
  at = kept and tonumber(kept:read("*a")) or this
  if kept then kept:close() end
end
function request()
  local token = tokens[at % #tokens + 1]
  local thing = things[math.floor(at / #tokens) % #things + 1]
  at = at + 2
  if at % 4096 < 2 then
    local keep = io.open(file, "w")
    keep:write(at + 4096)
    keep:close()
  end
  return ask(token, thing)
end
function done(summary)
  io.write(string.format("\nRESULT %d %d %d\n", summary.requests, summary.errors.status, summary.duration))
end
"#;

/// For a copy of a coupon.
const ISSUE: &str = r#"
function ask(token, coupon)
  return wrk.format("POST", "/v1/coupons/" .. coupon .. "/issued-coupons", { Authorization = token })
end
"#;

/// For a hold on a copy; its name is the copy's id.
const HOLD: &str = r#"
function ask(token, copy)
  local headers = { Authorization = token, ["Content-Type"] = "application/json" }
  local body = '{"holdId":"' .. copy .. '","issuedCouponId":"' .. copy
    .. '","orderAmount":10000,"ttlSeconds":3600}'
  return wrk.format("POST", "/v1/holds", headers, body)
end
"#;

/// Answers per second.
pub struct PerSecond {
    pub all: f64,
    pub succeeded: f64,
}

/// See the module's header.
pub struct Load {
    script: PathBuf,
    tokens: PathBuf,
    things: PathBuf,
    kept: PathBuf,
}

impl Load {
    /// Consumers with these tokens ask for copies of these coupons.
    pub fn issues(folder: &Path, name: &str, tokens: &[String], coupons: &[String]) -> Self {
        Self::new(ISSUE, folder, name, tokens, coupons)
    }

    /// A shop with this token holds these copies.
    pub fn holds(folder: &Path, name: &str, token: String, copies: &[String]) -> Self {
        Self::new(HOLD, folder, name, &[token], copies)
    }

    fn new(ask: &str, folder: &Path, name: &str, tokens: &[String], things: &[String]) -> Self {
        let path = |what: &str| folder.join(format!("{name}.{what}"));
        let load = Self {
            script: path("lua"),
            tokens: path("tokens"),
            things: path("things"),
            kept: path("kept"),
        };
        std::fs::write(&load.script, [ask, SCRIPT].concat()).unwrap();
        std::fs::write(&load.tokens, tokens.join("\n")).unwrap();
        std::fs::write(&load.things, things.join("\n")).unwrap();
        load
    }

    /// Fires for so long over 256 connections.
    pub fn fire(&self, address: SocketAddr, duration: Duration) -> PerSecond {
        self.fire_over(256, address, duration)
    }

    /// Fires for so long over so many connections.
    pub fn fire_over(
        &self,
        connections: usize,
        address: SocketAddr,
        duration: Duration,
    ) -> PerSecond {
        let output = Command::new("wrk")
            .arg("-t2")
            .arg(format!("-c{connections}"))
            .arg(format!("-d{}s", duration.as_secs()))
            .arg("-s")
            .arg(&self.script)
            .args([format!("http://{address}"), "--".to_owned()])
            .args([&self.tokens, &self.things, &self.kept])
            .output()
            .expect("wrk is needed: apt-get install wrk");
        let text = String::from_utf8_lossy(&output.stdout);
        let result: Vec<f64> = text
            .lines()
            .filter_map(|line| line.strip_prefix("RESULT "))
            .flat_map(|line| line.split(' ').map(|number| number.parse().unwrap()))
            .collect();
        let [requests, failed, micros] = result[..] else {
            panic!("{text}{}", String::from_utf8_lossy(&output.stderr))
        };
        let seconds = micros / 1e6;
        PerSecond {
            all: requests / seconds,
            succeeded: (requests - failed) / seconds,
        }
    }
}
