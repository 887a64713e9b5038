//! Enums of the domain's as JSON, by name.

/// Makes an enum with the variants of one of the domain's, in SCREAMING_SNAKE_CASE. A variant that is
/// forgotten does not compile.
macro_rules! named {
    ($(
        $(#[$about:meta])*
        $name:ident($domain:ident) { $($(#[$doc:meta])* $variant:ident,)+ }
    )+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
            #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
            pub(crate) enum $name {
                $($(#[$doc])* $variant,)+
            }

            impl From<$domain> for $name {
                fn from(value: $domain) -> Self {
                    match value {
                        $($domain::$variant => Self::$variant,)+
                    }
                }
            }
        )+
    };
}

pub(super) use named;
