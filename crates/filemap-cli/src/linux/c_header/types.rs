//! Types of C with their sizes and alignments, and what of them is shown.
//!
//! Sources: System V ABI for x86-64 (3.1.2) and for 64-bit ARM (AAPCS64, 5); GCC's manual on `packed`, `aligned` and
//! `#pragma pack`.

use crate::layout::{Field, Layout, MOST, Type};
use std::rc::Rc;

/// A type.
#[derive(Clone, Debug)]
pub(super) struct Ctype {
    pub(super) size: u64,
    pub(super) align: u64,
    pub(super) kind: Kind,
    /// How many types lie in each other here.
    depth: u32,
}

/// More types in each other than this have no size.
const DEEPEST: u32 = 100;

/// What its bytes are.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A number.
    Number(Type),
    /// `char`: a number alone, text in an array.
    Char,
    /// `unsigned char`: a number alone, bytes in an array.
    Byte,
    /// A unit of UTF-16: a number alone, text in an array.
    Char16,
    /// Bytes that no [`Type`] is for, such as `long double`.
    Opaque,
    Array(Rc<Ctype>, u64),
    /// A struct or union.
    Record(Vec<Member>),
    /// Declared, but not what it is; `void`; a function. Only pointers to it have a size.
    Incomplete,
}

/// A member of a struct or union; one without a name is a struct or union whose members count as the outer one's.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: Option<String>,
    pub(super) ty: Rc<Ctype>,
    pub(super) offset: u64,
}

impl Ctype {
    pub(super) fn number(ty: Type) -> Rc<Ctype> {
        let size = ty.size().unwrap_or(1) as u64;
        Ctype::simple(Kind::Number(ty), size)
    }

    /// One that is aligned to its size.
    pub(super) fn simple(kind: Kind, size: u64) -> Rc<Ctype> {
        Rc::new(Ctype {
            size,
            align: size.max(1),
            kind,
            depth: 0,
        })
    }

    pub(super) fn incomplete() -> Rc<Ctype> {
        Ctype::simple(Kind::Incomplete, 0)
    }

    pub(super) fn pointer() -> Rc<Ctype> {
        Ctype::number(Type::U64)
    }

    /// `None` if it were larger or deeper than anything can be.
    pub(super) fn array(of: &Rc<Ctype>, count: u64) -> Option<Rc<Ctype>> {
        let size = of.size.checked_mul(count).filter(|size| *size < 1 << 60)?;
        let depth = of.depth + 1;
        if depth > DEEPEST {
            return None;
        }
        Some(Rc::new(Ctype {
            size,
            align: of.align,
            kind: Kind::Array(Rc::clone(of), count),
            depth,
        }))
    }

    /// The same one at another alignment.
    pub(super) fn aligned(self: &Rc<Ctype>, align: u64) -> Rc<Ctype> {
        Rc::new(Ctype {
            align,
            ..(**self).clone()
        })
    }

    pub(super) fn is_incomplete(&self) -> bool {
        match &self.kind {
            Kind::Incomplete => true,
            Kind::Array(of, _) => of.is_incomplete(),
            _ => false,
        }
    }

    /// A whole number or an enumeration: the bits, and whether it has a sign.
    pub(super) fn integer(&self) -> Option<(u32, bool)> {
        match &self.kind {
            Kind::Number(Type::F32 | Type::F64) => None,
            Kind::Number(ty) => Some((
                self.size as u32 * 8,
                matches!(ty, Type::I8 | Type::I16 | Type::I32 | Type::I64),
            )),
            Kind::Char => Some((8, true)),
            Kind::Byte => Some((8, false)),
            Kind::Char16 => Some((16, false)),
            _ => None,
        }
    }
}

/// What `__attribute__`, `_Alignas` and `#pragma pack` say of a type or member.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Placing {
    pub(super) packed: bool,
    /// The largest of those that were said.
    pub(super) align: Option<u64>,
}

impl Placing {
    pub(super) fn and(self, other: Placing) -> Placing {
        Placing {
            packed: self.packed || other.packed,
            align: self.align.max(other.align),
        }
    }
}

/// A struct or union while its members come in.
pub(super) struct Record {
    is_union: bool,
    placing: Placing,
    /// Of `#pragma pack`.
    pack: Option<u64>,
    members: Vec<Member>,
    end: u64,
    align: u64,
    depth: u32,
}

impl Record {
    pub(super) fn new(is_union: bool, placing: Placing, pack: Option<u64>) -> Record {
        Record {
            is_union,
            placing,
            pack,
            members: Vec::new(),
            end: 0,
            align: 1,
            depth: 0,
        }
    }

    /// Puts a member behind those that are there; `None` if the whole were larger or deeper than anything can be.
    pub(super) fn add(&mut self, name: Option<String>, ty: Rc<Ctype>, placing: Placing) -> Option<()> {
        let natural = match self.placing.packed || placing.packed {
            true => 1,
            false => ty.align,
        };
        let align = natural.max(placing.align.unwrap_or(1));
        let align = self.pack.map_or(align, |pack| align.min(pack));
        let offset = match self.is_union {
            true => 0,
            false => self.end.checked_next_multiple_of(align)?,
        };
        self.end = offset
            .checked_add(ty.size)
            .filter(|end| *end < 1 << 60)?
            .max(self.end);
        self.align = self.align.max(align);
        self.depth = self.depth.max(ty.depth + 1);
        if self.depth > DEEPEST {
            return None;
        }
        self.members.push(Member { name, ty, offset });
        Some(())
    }

    pub(super) fn finish(self) -> Option<Rc<Ctype>> {
        let align = self.align.max(self.placing.align.unwrap_or(1));
        Some(Rc::new(Ctype {
            size: self.end.checked_next_multiple_of(align)?,
            align,
            kind: Kind::Record(self.members),
            depth: self.depth,
        }))
    }
}

/// What of a type is shown, if it lies at `offset`; else the name of what has too many values.
pub(super) fn layout(ty: &Ctype, offset: u64) -> Result<Layout, String> {
    let mut out = Shown::default();
    out.show("", ty, offset)?;
    Ok(Layout { fields: out.fields })
}

#[derive(Default)]
struct Shown {
    fields: Vec<Field>,
    values: u64,
}

impl Shown {
    fn show(&mut self, name: &str, ty: &Ctype, offset: u64) -> Result<(), String> {
        match &ty.kind {
            Kind::Record(members) => {
                for member in members {
                    let at = offset.saturating_add(member.offset);
                    match &member.name {
                        None => self.show(name, &member.ty, at)?,
                        Some(of) if name.is_empty() => self.show(of, &member.ty, at)?,
                        Some(of) => self.show(&format!("{name}.{of}"), &member.ty, at)?,
                    }
                }
                Ok(())
            }
            Kind::Array(of, count) => match (Ctype::leaf(of), &of.kind) {
                _ if *count == 0 || ty.size == 0 => Ok(()), // of flexible length, or of nothing
                (_, Kind::Char) => self.push(name, Type::Text, offset, ty.size, 1),
                (_, Kind::Byte) => self.push(name, Type::Bytes, offset, ty.size, 1),
                (_, Kind::Char16) => self.push(name, Type::Utf16, offset, ty.size, 1),
                (Some((leaf, size)), _) if *count > 1 => self.push(name, leaf, offset, size, *count),
                _ => {
                    for i in 0..*count {
                        let at = offset.saturating_add(i * of.size);
                        self.show(&format!("{name}[{i}]"), of, at)?;
                    }
                    Ok(())
                }
            },
            _ => match Ctype::leaf(ty) {
                Some((leaf, size)) => self.push(name, leaf, offset, size, 1),
                None => Ok(()),
            },
        }
    }

    fn push(&mut self, name: &str, ty: Type, offset: u64, len: u64, count: u64) -> Result<(), String> {
        self.values = self.values.saturating_add(count);
        match (usize::try_from(count), usize::try_from(len)) {
            (Ok(count), Ok(len)) if self.values <= MOST as u64 => {
                self.fields.push(Field {
                    name: name.to_owned(),
                    ty,
                    offset,
                    count,
                    len,
                    big_endian: false,
                });
                Ok(())
            }
            _ => Err(format!("field {name:?}: that many values can't be shown")),
        }
    }
}

impl Ctype {
    /// How one value of it is shown, and its bytes, if it is one.
    fn leaf(of: &Ctype) -> Option<(Type, u64)> {
        match &of.kind {
            Kind::Number(ty) => Some((*ty, of.size)),
            Kind::Char => Some((Type::I8, 1)),
            Kind::Byte => Some((Type::U8, 1)),
            Kind::Char16 => Some((Type::U16, 2)),
            Kind::Opaque => Some((Type::Bytes, of.size)),
            Kind::Array(inner, _) if of.size > 0 => match inner.kind {
                Kind::Char => Some((Type::Text, of.size)),
                Kind::Byte => Some((Type::Bytes, of.size)),
                Kind::Char16 => Some((Type::Utf16, of.size)),
                _ => None,
            },
            Kind::Array(..) | Kind::Record(_) | Kind::Incomplete => None,
        }
    }
}
