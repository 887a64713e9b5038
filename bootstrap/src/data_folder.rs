//! The data folder: its owner's alone, made on first use.
//!
//! Never tightens what it did not make: the folder may be shared on purpose, and a program that
//! changes permissions behind its operator's back breaks backups in silence. It warns instead.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The permission bits of whoever is not the owner.
pub(crate) const OTHERS: u32 = 0o077;

/// A data folder that exists.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
}

/// Why there is no data folder: exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// There is something else by that name.
    #[error("`data`: the data folder {} is not a folder; `data` must name one, or nothing yet", .0.display())]
    NotAFolder(PathBuf),
    /// It is not there and could not be made, or it can't be looked at.
    #[error("`data`: the data folder {} can't be used: {source}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DataFolder {
    /// The folder at `path`, made with mode 0700 if there is nothing yet, with its parents. One that
    /// others can enter is used, with a warning in the log.
    ///
    /// # Errors
    /// [`DataFolderError`]; parents may have been made then, nothing else.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let unusable = |source| DataFolderError::Unusable {
            path: path.to_owned(),
            source,
        };
        if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
            return Err(DataFolderError::NotAFolder(path.to_owned()));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unusable)?;
        let mode = fs::metadata(path).map_err(unusable)?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            tracing::warn!(
                data.folder = %path.display(),
                data.mode = format_args!("{mode:04o}"),
                "the data folder is open to others; `chmod 700` closes it"
            );
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Its path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the file `name` in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::tests::logged;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_missing_folder_is_made_for_its_owner_alone_parents_included() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let logged = logged("info", || {
            assert_eq!(DataFolder::open(&path).unwrap().path(), path)
        });
        assert_eq!(
            (mode(&path), mode(&parent.path().join("a"))),
            (0o700, 0o700)
        );
        assert_eq!(logged, "");
    }

    #[test]
    fn a_folder_that_is_open_to_others_is_used_as_it_is_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let logged = logged("info", || drop(DataFolder::open(folder.path()).unwrap()));
        assert_eq!(mode(folder.path()), 0o755);
        assert!(
            logged.contains(r#""level":"WARN""#) && logged.contains("0755"),
            "{logged}"
        );
    }

    #[test]
    fn a_file_by_that_name_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::write(&path, "precious").unwrap();
        let refusal = DataFolder::open(&path).unwrap_err();
        assert!(
            matches!(refusal, DataFolderError::NotAFolder(_)),
            "{refusal}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_folder_that_can_not_be_made_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let refusal = DataFolder::open(&folder.path().join("file/data")).unwrap_err();
        assert!(
            matches!(refusal, DataFolderError::Unusable { .. }),
            "{refusal}"
        );
    }
}
