//! What may go wrong with a call at the provider.

use std::sync::Arc;

use crate::Gate;

/// What befalls a request. "Does it" of a question means: finds the answer.
#[derive(Clone, Debug)]
pub enum Misbehaviour {
    /// Declines a call for good (unless it was answered before); answers a question truly.
    Decline,
    /// Answers 503 before anything is done.
    Refuse,
    /// Closes the connection before anything is done.
    HangUp,
    /// Does nothing, and says nothing for as long as the caller waits.
    Ignore,
    /// Does it once the caller waits no longer.
    DoLate,
    /// Waits at the gate, then does it; also when the caller has gone.
    WaitBefore(Arc<Gate>),
    /// Does it, then waits at the gate and answers.
    WaitAfter(Arc<Gate>),
    /// Does it, and closes the connection without an answer.
    LoseAnswer,
    /// Does it, and says nothing for as long as the caller waits.
    KeepSilent,
    /// Does it, and answers twice in one breath.
    AnswerTwice,
    /// Does it, and answers something else.
    Lie(Lie),
}

/// What it answers instead of the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The truth, of another saga.
    OtherSaga,
    /// The truth, of another action.
    OtherAction,
    /// The truth, with another amount (where there is none: another saga).
    OtherAmount,
    /// A state that does not exist.
    OtherState,
    /// 200 with what is no JSON.
    Garbage,
    /// The truth, in 10 MB.
    TooLarge,
    /// A body without an end.
    Endless,
    /// A redirect to itself.
    Redirect,
    /// The truth, of which the head says that it is shorter.
    LengthTooShort,
    /// The truth, of which the head says that it is longer; nothing more comes.
    LengthTooLong,
    /// Half the truth, then the connection is closed.
    CutOff,
}

impl Lie {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::OtherSaga,
        Self::OtherAction,
        Self::OtherAmount,
        Self::OtherState,
        Self::Garbage,
        Self::TooLarge,
        Self::Endless,
        Self::Redirect,
        Self::LengthTooShort,
        Self::LengthTooLong,
        Self::CutOff,
    ];
}

impl Misbehaviour {
    /// Those that need not be waited out, and leave the decision to the provider.
    pub fn quick() -> Vec<Self> {
        let lies = Lie::ALL
            .into_iter()
            .filter(|lie| *lie != Lie::LengthTooLong);
        [
            Self::Refuse,
            Self::HangUp,
            Self::LoseAnswer,
            Self::AnswerTwice,
        ]
        .into_iter()
        .chain(lies.map(Self::Lie))
        .collect()
    }

    /// Those that cost the caller all of its patience, and leave the decision to the provider.
    pub fn slow() -> Vec<Self> {
        vec![
            Self::Ignore,
            Self::DoLate,
            Self::KeepSilent,
            Self::Lie(Lie::LengthTooLong),
        ]
    }
}
