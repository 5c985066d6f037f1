//! What a proof takes from the header it names.

use super::{EndedRoot, NoteRoot, PlatformRoot, Timestamp};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};

/// The roots and the time of one anchor: the only roots and the only "now" that a proof may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorView {
    /// Height of the header.
    pub height: u64,
    /// Time of the header.
    pub time: Timestamp,
    /// Root of the note tree.
    pub note_root: NoteRoot,
    /// Root of the ended tree.
    pub ended_root: EndedRoot,
    /// Root of the platform tree.
    pub platform_root: PlatformRoot,
}

impl FixedSize for AnchorView {
    const SIZE: usize = 8 + Timestamp::SIZE + 3 * NoteRoot::SIZE;
}

impl Write for AnchorView {
    fn write(&self, buf: &mut impl BufMut) {
        self.height.write(buf);
        self.time.write(buf);
        self.note_root.write(buf);
        self.ended_root.write(buf);
        self.platform_root.write(buf);
    }
}

impl Read for AnchorView {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            height: u64::read(buf)?,
            time: Timestamp::read(buf)?,
            note_root: NoteRoot::read(buf)?,
            ended_root: EndedRoot::read(buf)?,
            platform_root: PlatformRoot::read(buf)?,
        })
    }
}
