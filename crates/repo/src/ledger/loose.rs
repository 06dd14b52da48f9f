//! Loose objects: written under passing names, flushed together, and only then given their own names.
//!
//! So an object that has its name is whole on disk, whatever fails. All of them are flushed at the same time, which costs
//! little more than flushing one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, Builder};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix::ObjectId;
use gix::objs::{Kind, WriteTo};
use zlib_rs::adler32::adler32;

use super::held::Held;
use crate::durable::{self, Unflushed};
use crate::error::{GitContext, IoContext, Result};
use crate::project::Project;

/// How the name of an object in the making begins. Git too takes such files for its own leftovers, and prunes them.
pub(crate) const PREFIX: &str = "tmp_obj_pawtrail-";
/// Up to so many bytes an object is stored as it is, with eleven bytes around it: sixteen blocks of a file system at most,
/// until git packs it. The compressor clears 380 KB of memory before it begins, which takes longer than all else that is
/// done for an object of this size.
const STORED: u16 = u16::MAX - STORED_MORE as u16;
/// How much is around them.
const STORED_MORE: usize = 11;
/// From so many bytes on an object is named on one processor while another one compresses it.
const LARGE: usize = 256 * 1024;

/// Objects that are written and not yet in place. Dropping it gives them up.
pub(super) struct Loose<'p> {
    project: &'p Project,
    waiting: RefCell<BTreeMap<ObjectId, Waiting>>,
}

/// An object that isn't flushed yet.
struct Waiting {
    file: File,
    /// Where it is, or will be.
    own: PathBuf,
    /// Its passing name; none where it has its own already.
    passing: Option<PathBuf>,
}

impl<'p> Loose<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        Self {
            project,
            waiting: RefCell::default(),
        }
    }

    /// Writes an object.
    pub(super) fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        let (id, packed) = named(self.project.git().object_hash(), kind, content)?;
        if self.waiting.borrow().contains_key(&id) {
            return Ok(id);
        }
        let path = path(self.project, id);
        let waiting = match self.known(id, &path, kind, content)? {
            Some(file) => Waiting {
                file,
                own: path,
                passing: None,
            },
            None => {
                let packed = packed.map_or_else(|| encoded(kind, content), Ok)?;
                create(path, &packed)?
            }
        };
        self.waiting.borrow_mut().insert(id, waiting);
        Ok(id)
    }

    /// Writes what can be an object.
    pub(super) fn write_as(&self, object: &dyn WriteTo) -> Result<ObjectId> {
        let mut content = Vec::new();
        object
            .write_to(&mut content)
            .at("encode", Path::new("an object"))?;
        self.write(object.kind(), &content)
    }

    /// Makes everything that was written survive a power loss, and what these locks hold, and gives it its name.
    ///
    /// As in git, the directories that name objects are left to the file system's journal: it keeps the order of names,
    /// and the branch's directory, which is flushed, changes last.
    pub(super) fn settle(&self, locks: &[&Held]) -> Result<()> {
        self.settle_with(locks, None)?
    }

    /// Does the same and flushes one file `beside`; how that went is the inner result.
    pub(super) fn settle_with(
        &self,
        locks: &[&Held],
        beside: Option<Unflushed<'_>>,
    ) -> Result<Result<()>> {
        let mut waiting = self.waiting.borrow_mut();
        let locks = Held::written(locks)?;
        let mut files: Vec<Unflushed<'_>> =
            locks.iter().map(|(file, path)| (file, *path)).collect();
        files.extend(
            waiting
                .values()
                .map(|object| (&object.file, object.own.as_path())),
        );
        let beside = durable::flush_with(&files, beside)?;
        for object in waiting.values_mut() {
            if let Some(passing) = object.passing.take() {
                give_name(&passing, &object.own).at("create", &object.own)?;
            }
        }
        waiting.clear();
        Ok(beside)
    }

    /// Opens the object's file, where there is one that says this. After a power loss one may be there that doesn't.
    fn known(&self, id: ObjectId, path: &Path, kind: Kind, content: &[u8]) -> Result<Option<File>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if durable::is_absent(&error) => return Ok(None),
            Err(error) => return Err(error).at("open", path),
        };
        let known = self.project.git().find_object(id);
        Ok(known
            .is_ok_and(|known| known.kind == kind && known.data == content)
            .then_some(file))
    }
}

impl Drop for Loose<'_> {
    fn drop(&mut self) {
        for object in self.waiting.get_mut().values() {
            if let Some(passing) = &object.passing {
                // What stays is swept later, by us or by git.
                let _ = fs::remove_file(passing);
            }
        }
    }
}

/// Flushes those of the objects that have files of their own; a pack was flushed by git.
pub(super) fn flush(project: &Project, ids: &[ObjectId]) -> Result<()> {
    for id in ids {
        let path = path(project, *id);
        match File::open(&path).and_then(|file| file.sync_all()) {
            Ok(()) => {}
            Err(error) if durable::is_absent(&error) => {}
            Err(error) => return Err(error).at("flush", &path),
        }
    }
    Ok(())
}

/// Removes objects in the making. The ledger's lock must be held: then their makers are dead.
pub(crate) fn sweep(project: &Project) -> Result<()> {
    for file in durable::entries(project.git().objects.store_ref().path())? {
        let name = file.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with(PREFIX)) {
            fs::remove_file(&file).at("remove", &file)?;
        }
    }
    Ok(())
}

/// Gives a file its name; its directory may not be there yet.
fn give_name(passing: &Path, own: &Path) -> std::io::Result<()> {
    match fs::rename(passing, own) {
        Err(error) if durable::is_absent(&error) => {
            make_dir(own.parent().unwrap_or(own))?;
            fs::rename(passing, own)
        }
        other => other,
    }
}

/// Makes a directory that was not there; git may have made it meanwhile.
fn make_dir(dir: &Path) -> std::io::Result<()> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn path(project: &Project, id: ObjectId) -> PathBuf {
    let hex = id.to_string();
    let (dir, file) = hex.split_at(2);
    project
        .git()
        .objects
        .store_ref()
        .path()
        .join(dir)
        .join(file)
}

/// Creates the file of an object that will be at `path`, under a passing name.
///
/// All such files stand in one directory: to flush a new file, a file system may have to flush its directory too, and
/// here that is the same one for all.
fn create(path: PathBuf, encoded: &[u8]) -> Result<Waiting> {
    let [name, fan] = [Some(path.as_path()), path.parent()].map(|part| {
        let name = part.and_then(Path::file_name).unwrap_or_default();
        name.to_string_lossy()
    });
    let above = path.ancestors().nth(2).unwrap_or(&path);
    let passing = above.join(format!("{PREFIX}{fan}{name}"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o444);
    let open = match options.open(&passing) {
        // A command that died was about to write the same.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(&passing).and_then(|()| options.open(&passing))
        }
        other => other,
    };
    let mut file = open.at("create", &passing)?;
    if let Err(error) = file.write_all(encoded) {
        let _ = fs::remove_file(&passing);
        return Err(error).at("write", &path);
    }
    Ok(Waiting {
        file,
        own: path,
        passing: Some(passing),
    })
}

/// Returns an object's name; of a large one also what its file will hold.
fn named(hash: gix::hash::Kind, kind: Kind, content: &[u8]) -> Result<(ObjectId, Option<Vec<u8>>)> {
    let name = || gix::objs::compute_hash(hash, kind, content).git("naming an object");
    if content.len() < LARGE {
        return Ok((name()?, None));
    }
    thread::scope(|scope| {
        // A thread that the system refuses is done without.
        let packing = Builder::new().spawn_scoped(scope, || encoded(kind, content));
        let id = name();
        let packed = packing.ok().and_then(|packing| packing.join().ok());
        Ok((id?, packed.transpose()?))
    })
}

/// Returns an object as its file holds it: header and content, as a compressed stream.
fn encoded(kind: Kind, content: &[u8]) -> Result<Vec<u8>> {
    let header = gix::objs::encode::loose_header(kind, content.len() as u64);
    let length = u16::try_from(header.len() + content.len());
    let Some(length) = length.ok().filter(|length| *length <= STORED) else {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        return encoder
            .write_all(&header)
            .and_then(|()| encoder.write_all(content))
            .and_then(|()| encoder.finish())
            .at("compress", Path::new("an object"));
    };
    Ok(stored(length, &[&header, content]))
}

/// Returns so many bytes, which come in parts, as a `zlib` stream that holds them as they are (RFC 1950, and RFC 1951,
/// part 3.2.4).
fn stored(length: u16, parts: &[&[u8]]) -> Vec<u8> {
    let mut stream = Vec::with_capacity(usize::from(length) + STORED_MORE);
    stream.extend([0x78, 0x01, 1]);
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    let mut sum = 1;
    for part in parts {
        stream.extend_from_slice(part);
        sum = adler32(sum, part);
    }
    stream.extend(sum.to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use flate2::read::ZlibDecoder;
    use pawtrail_testkit::Scratch;

    use super::*;
    use crate::System;

    /// Counts the objects that have passing names.
    fn in_the_making(project: &Project) -> usize {
        let dir = project.git().objects.store_ref().path().to_owned();
        let names = durable::entries(&dir).unwrap();
        names
            .iter()
            .filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with(PREFIX)
            })
            .count()
    }

    #[test]
    fn a_stored_stream_is_read_as_what_it_holds() {
        for length in [1, 100, STORED, u16::MAX] {
            let bytes: Vec<u8> = (0..length).map(|n| 255 - (n % 251 / 200) as u8).collect();
            let mut read = Vec::new();
            let (first, rest) = bytes.split_at(bytes.len() / 3);
            ZlibDecoder::new(&stored(length, &[first, rest])[..])
                .read_to_end(&mut read)
                .unwrap();
            assert!(read == bytes, "{length}");
        }
    }

    #[test]
    fn an_object_gets_its_name_when_it_is_flushed_and_not_before() {
        let scratch = Scratch::new();
        let repo = scratch.repo("main");
        let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
        let long = "long\n".repeat(20_000);
        let longer = "longer\n".repeat(LARGE / 6);
        for content in ["", "short", &long, &longer] {
            let loose = Loose::new(&project);
            let id = loose.write(Kind::Blob, content.as_bytes()).unwrap();
            assert_eq!(loose.write(Kind::Blob, content.as_bytes()).unwrap(), id);
            assert!(!path(&project, id).exists());
            loose.settle(&[]).unwrap();
            assert!(repo.git(&["cat-file", "blob", &id.to_string()]) == content);
        }
        // One that is given up leaves nothing, and one that is broken is made anew.
        let given_up = Loose::new(&project).write(Kind::Blob, b"other").unwrap();
        assert_eq!(in_the_making(&project), 0);
        let broken = path(&project, given_up);
        fs::create_dir_all(broken.parent().unwrap()).unwrap();
        fs::write(broken, "").unwrap();
        let loose = Loose::new(&project);
        loose.write(Kind::Blob, b"other").unwrap();
        loose.settle(&[]).unwrap();
        assert_eq!(
            repo.git(&["cat-file", "blob", &given_up.to_string()]),
            "other"
        );
        repo.git(&["fsck", "--strict"]);
    }

    #[test]
    fn where_one_file_is_not_flushed_no_object_gets_its_name() {
        let scratch = Scratch::new();
        let repo = scratch.repo("main");
        let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
        let held = Held::prepare(&project, &repo.path().join(".git/index")).unwrap();
        // It is opened again to be flushed, and isn't there.
        drop(Held::written(&[&held]).unwrap());
        fs::remove_file(held.token()).unwrap();
        let loose = Loose::new(&project);
        let ids = ["one", "two"].map(|text| loose.write(Kind::Blob, text.as_bytes()).unwrap());
        let error = loose.settle(&[&held]).unwrap_err().to_string();
        let token = held.token().file_name().unwrap().to_string_lossy();
        assert!(error.contains(&*token), "{error}");
        drop(loose);
        assert_eq!(in_the_making(&project), 0);
        assert!(ids.iter().all(|id| !path(&project, *id).exists()));
    }

    #[test]
    fn what_a_death_leaves_is_overwritten_or_swept() {
        let scratch = Scratch::new();
        let repo = scratch.repo("main");
        let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
        let loose = Loose::new(&project);
        let id = loose.write(Kind::Blob, b"again").unwrap();
        // Nothing runs after a death.
        std::mem::forget(loose);
        let next = Loose::new(&project);
        next.write(Kind::Blob, b"again").unwrap();
        next.settle(&[]).unwrap();
        assert_eq!(repo.git(&["cat-file", "blob", &id.to_string()]), "again");
        let loose = Loose::new(&project);
        let id = loose.write(Kind::Blob, b"never").unwrap();
        std::mem::forget(loose);
        assert_eq!(in_the_making(&project), 1);
        sweep(&project).unwrap();
        assert_eq!(in_the_making(&project), 0);
        assert!(!path(&project, id).exists());
    }
}
