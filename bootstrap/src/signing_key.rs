//! The signing key: 32 random bytes in a file of the data folder, made once, read by its owner alone.
//!
//! It appears whole or not at all, and never replaces another: however many processes start at once,
//! they end with one key. What it protects is everything, so a key that others may read is no key.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;

use crate::data_folder::{DataFolder, OTHERS};

const FILE: &str = "signing-key";
const LENGTH: usize = 32;

/// An HS256 key. `Debug` does not show it.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; LENGTH]>);

/// Why there is no key: exit status 2. Never holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// Others than its owner may read it: it may have been copied.
    #[error(
        "`data`: the signing key {} may be read by others (mode {mode:04o}). If nobody has, run `chmod 600` \
         on it; else remove it, and every token made until now is void",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 32 bytes in base64.
    #[error(
        "`data`: the signing key {} is damaged. Restore it, or remove it, and every token made until now is \
         void",
        .0.display()
    )]
    Damaged(PathBuf),
    /// It can be neither read nor made.
    #[error("`data`: the signing key {} can't be used: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes for a signing key: {0}")]
    NoRandom(#[from] getrandom::Error),
}

impl SigningKey {
    /// The key in `folder`, made and stored durably (mode 0600) when there is none.
    ///
    /// # Errors
    /// [`SigningKeyError`]; a key that was there is unchanged then, and none has been made in part.
    pub fn open_or_create(folder: &DataFolder) -> Result<Self, SigningKeyError> {
        let path = folder.file(FILE);
        let unusable = |source| SigningKeyError::Unusable {
            path: path.clone(),
            source,
        };
        if !path.try_exists().map_err(unusable)? {
            let mut key = Zeroizing::new([0; LENGTH]);
            getrandom::fill(key.as_mut_slice())?;
            store_unless_there(key.as_slice(), &path, folder.path()).map_err(unusable)?;
        }
        // Always what the file says: another process may have been first.
        read(&path)
    }

    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn store_unless_there(key: &[u8], path: &Path, folder: &Path) -> io::Result<()> {
    // Made with mode 0600, and removed again unless it gets its name.
    let mut file = tempfile::Builder::new()
        .prefix(".signing-key-")
        .tempfile_in(folder)?;
    let text = Zeroizing::new(STANDARD.encode(key));
    writeln!(file, "{}", text.as_str())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
    }
}

fn read(path: &Path) -> Result<SigningKey, SigningKeyError> {
    let unusable = |source| SigningKeyError::Unusable {
        path: path.to_owned(),
        source,
    };
    let mode = fs::metadata(path).map_err(unusable)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(SigningKeyError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let text = Zeroizing::new(fs::read(path).map_err(unusable)?);
    let key = Zeroizing::new(STANDARD.decode(text.trim_ascii_end()).unwrap_or_default());
    let key: [u8; LENGTH] = key
        .as_slice()
        .try_into()
        .map_err(|_| SigningKeyError::Damaged(path.to_owned()))?;
    Ok(SigningKey(Zeroizing::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    fn folder() -> (tempfile::TempDir, DataFolder) {
        let folder = tempfile::tempdir().unwrap();
        let opened = DataFolder::open(folder.path()).unwrap();
        (folder, opened)
    }

    fn names(folder: &DataFolder) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_read_back() {
        let (_guard, folder) = folder();
        let made = SigningKey::open_or_create(&folder).unwrap();
        let mode = fs::metadata(folder.file(FILE))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(names(&folder), [FILE]);
        let read = SigningKey::open_or_create(&folder).unwrap();
        assert_eq!(read.as_bytes(), made.as_bytes());
        assert_ne!(made.as_bytes(), [0; LENGTH]);
    }

    #[test]
    fn two_folders_have_two_keys() {
        let ((_a, first), (_b, second)) = (folder(), folder());
        let first = SigningKey::open_or_create(&first).unwrap();
        let second = SigningKey::open_or_create(&second).unwrap();
        assert_ne!(first.as_bytes(), second.as_bytes());
    }

    #[test]
    fn many_that_start_at_once_agree_on_one_key() {
        for _ in 0..20 {
            let (_guard, folder) = folder();
            let start = Barrier::new(8);
            let keys: Vec<_> = thread::scope(|scope| {
                let open = || {
                    start.wait();
                    SigningKey::open_or_create(&folder).unwrap()
                };
                let openers: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                openers
                    .into_iter()
                    .map(|opener| opener.join().unwrap())
                    .collect()
            });
            assert!(keys.iter().all(|key| key.as_bytes() == keys[0].as_bytes()));
            assert_eq!(names(&folder), [FILE]);
        }
    }

    #[test]
    fn a_key_that_came_first_is_never_replaced() {
        let (_guard, folder) = folder();
        let first = SigningKey::open_or_create(&folder).unwrap();
        store_unless_there(&[7; LENGTH], &folder.file(FILE), folder.path()).unwrap();
        let after = SigningKey::open_or_create(&folder).unwrap();
        assert_eq!(after.as_bytes(), first.as_bytes());
        assert_eq!(names(&folder), [FILE]);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o601] {
            let (_guard, folder) = folder();
            SigningKey::open_or_create(&folder).unwrap();
            fs::set_permissions(folder.file(FILE), fs::Permissions::from_mode(mode)).unwrap();
            let refusal = SigningKey::open_or_create(&folder).unwrap_err();
            assert!(
                matches!(refusal, SigningKeyError::Exposed { mode: found, .. } if found == mode)
            );
            assert!(refusal.to_string().contains("chmod 600"));
        }
    }

    #[test]
    fn a_damaged_key_is_refused_and_kept() {
        for text in [
            "",
            "short",
            &STANDARD.encode([7; 31]),
            &STANDARD.encode([7; 33]),
            "?",
        ] {
            let (_guard, folder) = folder();
            fs::write(folder.file(FILE), text).unwrap();
            fs::set_permissions(folder.file(FILE), fs::Permissions::from_mode(0o600)).unwrap();
            let refusal = SigningKey::open_or_create(&folder).unwrap_err();
            assert!(
                matches!(refusal, SigningKeyError::Damaged(_)),
                "{text:?}: {refusal}"
            );
            assert_eq!(fs::read_to_string(folder.file(FILE)).unwrap(), text);
        }
    }

    #[test]
    fn the_key_never_shows() {
        let (_guard, folder) = folder();
        let key = SigningKey::open_or_create(&folder).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
