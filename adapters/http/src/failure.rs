//! Why a handler has no reply of its own.

use domain::ports::StoreError;

use crate::{Code, Problem};

/// A refusal, or a store that did not answer. The difference is who gets to know what: a refusal is
/// for the caller, the cause of a store's silence is for the log.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The caller is told this.
    Refused(Problem),
    /// The caller is told to ask again; the log is told why.
    Store(StoreError),
}

impl Failure {
    /// What the caller is told.
    pub(crate) fn problem(self, request_id: &str) -> Problem {
        let problem = match self {
            Self::Refused(problem) => problem,
            Self::Store(StoreError::Overloaded) => Problem::new(Code::Overloaded),
            Self::Store(StoreError::Unavailable(_) | StoreError::Unknown(_)) => {
                Problem::new(Code::StoreUnavailable)
            }
            Self::Store(StoreError::Corrupt(_)) => Problem::new(Code::ServerError),
        };
        match problem.code() {
            Code::ServerError => problem.member("traceId", request_id),
            _ => problem,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Refused(Problem::new(code))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_error_names_its_trace() {
        for failure in [
            Failure::from(Code::ServerError),
            StoreError::corrupt("row").into(),
        ] {
            let body = failure.problem("r-1").body();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["traceId"], "r-1");
        }
    }
}
