//! A plain index, changed where it lies: entries replaced in the file's bytes, all others not even decoded.
//!
//! What decoding and encoding tens of thousands of entries costs is most of what an answer costs in a large repository.
//! Format: gitformat-index(5), versions 2 and 3. Whatever isn't known here is left to the library or to git.

use gix::ObjectId;
use gix::index::entry::Stat;
use sha1::Digest as _;

/// Header: signature, version, number of entries.
const HEADER: usize = 12;
/// What is known of a file stands before its object's name: ten numbers.
const STAT: usize = 40;
/// Bit of an entry's flags: more flags follow.
const EXTENDED: u16 = 0x4000;
/// Bits of an entry's flags: the stage of a conflict.
const STAGE: u16 = 0x3000;
/// Bits of an entry's flags: the length of the path, or this when it is longer.
const NAME: u16 = 0x0fff;
/// Bit of the further flags: only the name is staged.
const INTENT_TO_ADD: u16 = 0x2000;

/// The mode of a file.
const FILE: u32 = 0o100_644;
/// The bits of a mode that tell files from what isn't one.
const KIND: u32 = 0o170_000;

/// An index whose form is known.
pub(super) struct Plain {
    bytes: Vec<u8>,
    kind: gix::hash::Kind,
    /// Where the wanted paths' entries are, in the order of the paths.
    entries: Vec<Option<usize>>,
    /// Where the entries end and extensions begin.
    extensions: usize,
    /// The paths whose entries were replaced.
    changed: Vec<String>,
    racy: bool,
}

impl Plain {
    /// Reads an index that was last written at `written`, in seconds and nanoseconds since 1970. `None` when it isn't
    /// plain, as far as `paths` are concerned.
    pub(super) fn read(
        bytes: Vec<u8>,
        kind: gix::hash::Kind,
        paths: &[&str],
        written: (u64, u32),
    ) -> Option<Self> {
        let hash = kind.len_in_bytes();
        if bytes.get(..4)? != b"DIRC" {
            return None;
        }
        let version = word(&bytes, 4)?;
        if !matches!(version, 2 | 3) {
            return None;
        }
        let end = bytes.len().checked_sub(hash)?;
        let mut plain = Self {
            kind,
            entries: vec![None; paths.len()],
            extensions: HEADER,
            changed: Vec::new(),
            racy: false,
            bytes,
        };
        let mut at = HEADER;
        for _ in 0..word(&plain.bytes, 8)? {
            let flags = half(&plain.bytes, at + STAT + hash)?;
            let more = usize::from(flags & EXTENDED != 0) * 2;
            let name_at = at + STAT + hash + 2 + more;
            let length = match flags & NAME {
                NAME => plain
                    .bytes
                    .get(name_at..end)?
                    .iter()
                    .position(|b| *b == 0)?,
                length => usize::from(length),
            };
            let name = plain.bytes.get(name_at..name_at + length)?;
            if *plain.bytes.get(name_at + length)? != 0 {
                return None;
            }
            if let Some(wanted) = paths.iter().position(|path| path.as_bytes() == name) {
                let only_name = more > 0 && half(&plain.bytes, name_at - 2)? & INTENT_TO_ADD != 0;
                if flags & STAGE != 0 || only_name {
                    return None;
                }
                plain.entries[wanted] = Some(at);
            } else {
                let time = (
                    u64::from(word(&plain.bytes, at + 8)?),
                    word(&plain.bytes, at + 12)?,
                );
                plain.racy |= time >= written;
            }
            at += (name_at + length - at) / 8 * 8 + 8;
        }
        plain.extensions = at;
        while at < end {
            // Others describe entries in ways that a change would have to follow.
            if !matches!(plain.bytes.get(at..at + 4)?, b"TREE" | b"EOIE" | b"IEOT") {
                return None;
            }
            let length = usize::try_from(word(&plain.bytes, at + 4)?).ok()?;
            at = length.checked_add(8)?.checked_add(at)?;
        }
        (at == end).then_some(plain)
    }

    /// Returns the object of a wanted path's entry.
    pub(super) fn object(&self, wanted: usize) -> Option<ObjectId> {
        let at = (*self.entries.get(wanted)?)? + STAT;
        ObjectId::try_from(self.bytes.get(at..at + self.kind.len_in_bytes())?).ok()
    }

    /// Replaces object and file data of a wanted path's entry; marks stay, and so does the mode of a file. Says whether
    /// there is one.
    pub(super) fn replace(&mut self, wanted: usize, path: &str, id: ObjectId, stat: &Stat) -> bool {
        let Some(at) = self.entries.get(wanted).copied().flatten() else {
            return false;
        };
        let mode = match word(&self.bytes, at + 24) {
            Some(mode) if mode & KIND == FILE & KIND => mode,
            // It was a symbolic link or a submodule; the commit has a file.
            Some(_) | None => FILE,
        };
        let numbers = [
            stat.ctime.secs,
            stat.ctime.nsecs,
            stat.mtime.secs,
            stat.mtime.nsecs,
            stat.dev,
            stat.ino,
            mode,
            stat.uid,
            stat.gid,
            stat.size,
        ];
        let mut entry: Vec<u8> = numbers.into_iter().flat_map(u32::to_be_bytes).collect();
        entry.extend_from_slice(id.as_slice());
        self.bytes[at..at + entry.len()].copy_from_slice(&entry);
        self.changed.push(path.to_owned());
        true
    }

    /// Whether another entry's file was changed no earlier than the index: by its time alone git can't tell whether that
    /// file is as it was staged, and looks into it as long as the index isn't newer.
    pub(super) fn is_racy(&self) -> bool {
        self.racy
    }

    /// Returns the index as it is to be written. `None` when an extension can't be understood.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        let hash = self.kind.len_in_bytes();
        let end = self.bytes.len() - hash;
        // With `index.skipHash` git writes no checksum.
        let unchecked = self.bytes[end..].iter().all(|byte| *byte == 0);
        let old = self.bytes.split_off(self.extensions);
        let mut rest = &old[..old.len() - hash];
        let mut heads = Vec::new();
        while !rest.is_empty() {
            let (head, after) = rest.split_at_checked(8)?;
            let (data, after) = after.split_at_checked(usize::try_from(word(head, 4)?).ok()?)?;
            rest = after;
            let data = match &head[..4] {
                b"TREE" => {
                    let mut trees = Trees {
                        input: data,
                        output: Vec::with_capacity(data.len()),
                        hash,
                    };
                    let changed: Vec<Vec<&str>> = self
                        .changed
                        .iter()
                        .map(|path| path.split('/').collect())
                        .collect();
                    trees.copy(&changed)?;
                    trees.input.is_empty().then_some(trees.output)?
                }
                // Where the entries end, and the checksum of the heads of all extensions before this one.
                b"EOIE" => {
                    let mut data = data.get(..4)?.to_vec();
                    data.extend(digest(self.kind, &heads)?);
                    data
                }
                _ => data.to_vec(),
            };
            let mut head = head[..4].to_vec();
            head.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
            self.bytes.extend_from_slice(&head);
            self.bytes.extend(data);
            heads.extend(head);
        }
        let sum = if unchecked {
            vec![0; hash]
        } else {
            digest(self.kind, &self.bytes)?
        };
        self.bytes.extend(sum);
        Some(self.bytes)
    }
}

/// The trees that git has cached, with those on the way to a changed path made invalid.
struct Trees<'a> {
    input: &'a [u8],
    output: Vec<u8>,
    hash: usize,
}

impl Trees<'_> {
    /// Copies one tree and those below; `changed` are the changed paths below it, in parts.
    fn copy(&mut self, changed: &[Vec<&str>]) -> Option<()> {
        let line = self.input.iter().position(|byte| *byte == b'\n')?;
        let (head, rest) = self.input.split_at(line + 1);
        let name = head.iter().position(|byte| *byte == 0)? + 1;
        let numbers = std::str::from_utf8(&head[name..line]).ok()?;
        let (entries, below) = numbers.split_once(' ')?;
        let (entries, below): (i64, usize) = (entries.parse().ok()?, below.parse().ok()?);
        let id = if entries < 0 { 0 } else { self.hash };
        let (id, rest) = rest.split_at_checked(id)?;
        self.input = rest;
        self.output.extend_from_slice(&head[..name]);
        if changed.is_empty() {
            self.output.extend_from_slice(&head[name..]);
            self.output.extend_from_slice(id);
        } else {
            self.output.extend(format!("-1 {below}\n").bytes());
        }
        for _ in 0..below {
            let end = self.input.iter().position(|byte| *byte == 0)?;
            let name = &self.input[..end];
            let inside: Vec<Vec<&str>> = changed
                .iter()
                .filter(|parts| parts.len() > 1 && parts[0].as_bytes() == name)
                .map(|parts| parts[1..].to_vec())
                .collect();
            self.copy(&inside)?;
        }
        Some(())
    }
}

/// The checksum of an index. Git too computes this one without looking for collisions.
fn digest(kind: gix::hash::Kind, bytes: &[u8]) -> Option<Vec<u8>> {
    if kind == gix::hash::Kind::Sha1 {
        return Some(sha1::Sha1::digest(bytes).to_vec());
    }
    let mut hasher = gix::hash::hasher(kind);
    hasher.update(bytes);
    Some(hasher.try_finalize().ok()?.as_slice().to_vec())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(two.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "log";

    /// An index with one entry, and behind it these bytes.
    fn index(mode: u32, behind: &[u8]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
        let mut stat = [0; STAT];
        stat[24..28].copy_from_slice(&mode.to_be_bytes());
        bytes.extend(stat);
        bytes.extend([7; 20]);
        bytes.extend(3_u16.to_be_bytes());
        bytes.extend(b"log");
        bytes.extend([0; 7]);
        bytes.extend(behind);
        let sum = sha1::Sha1::digest(&bytes);
        bytes.extend(sum);
        bytes
    }

    fn read(bytes: Vec<u8>) -> Option<Plain> {
        Plain::read(bytes, gix::hash::Kind::Sha1, &[PATH], (1, 0))
    }

    #[test]
    fn an_extension_longer_than_the_index_is_not_plain() {
        assert!(read(index(FILE, b"")).is_some());
        for length in [1, 0x7fff_fff7, 0x7fff_ffff, 0xffff_fff7, u32::MAX] {
            let mut behind = b"TREE".to_vec();
            behind.extend(length.to_be_bytes());
            assert!(read(index(FILE, &behind)).is_none(), "{length}");
        }
    }

    #[test]
    fn what_is_replaced_is_a_file_afterwards() {
        let id = ObjectId::from_bytes_or_panic(&[9; 20]);
        for (before, after) in [
            (FILE, FILE),
            (0o100_755, 0o100_755),
            (0o120_000, FILE),
            (0o160_000, FILE),
        ] {
            let mut plain = read(index(before, b"")).unwrap();
            assert!(plain.replace(0, PATH, id, &Stat::default()));
            let plain = read(plain.finish().unwrap()).unwrap();
            assert_eq!(word(&plain.bytes, HEADER + 24), Some(after), "{before:o}");
            assert_eq!(plain.object(0), Some(id));
        }
    }
}
