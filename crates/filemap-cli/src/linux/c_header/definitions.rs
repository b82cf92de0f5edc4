//! Types as declarations define them: by a name, a struct, an enumeration, a declarator.

use super::constant::For;
use super::declarations::{Header, Known};
use super::syntax::{Source, Wrong, children, unnamed_parts};
use super::types::{Ctype, Kind, Placing, Record};
use crate::layout::{Abi, Type};
use std::rc::Rc;
use tree_sitter::Node;

impl Header {
    /// The type that a declaration begins with.
    pub(super) fn type_of(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        self.deeper(source, node, |header| match node.kind() {
            "primitive_type" | "type_identifier" => header.type_named(source, node),
            "sized_type_specifier" => header.sized(source, node),
            "struct_specifier" | "union_specifier" => {
                header.tagged(source, node, |header| header.record_of(source, node))
            }
            "enum_specifier" => header.tagged(source, node, |header| header.enumeration(source, node)),
            "macro_type_specifier" if source.text(node).starts_with("_Atomic") => {
                let ty = source.part(node, "type")?;
                header.described(source, ty)
            }
            _ => Err(source.wrong(node, "this type is not understood")),
        })
    }

    /// A type by one word.
    pub(super) fn type_named(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        let name = source.text(node);
        let fundamental = match name {
            "void" => Some(Ctype::incomplete()),
            "char" => Some(Ctype::simple(Kind::Char, 1)),
            "int" => Some(Ctype::number(Type::I32)),
            "float" | "_Float32" => Some(Ctype::number(Type::F32)),
            "double" | "_Float64" => Some(Ctype::number(Type::F64)),
            "_Bool" => Some(Ctype::number(Type::Bool)),
            "__int128" | "__int128_t" | "__uint128_t" => Some(Ctype::simple(Kind::Opaque, 16)),
            "nullptr_t" => Some(Ctype::pointer()),
            // Unless the header says otherwise.
            "char8_t" => Some(Ctype::simple(Kind::Byte, 1)),
            "char16_t" => Some(Ctype::simple(Kind::Char16, 2)),
            "char32_t" => Some(Ctype::number(Type::U32)),
            _ => None,
        };
        if let Some(known) = self.typedefs.get(name) {
            return known.clone();
        }
        if let Some(ty) = fundamental {
            return Ok(ty);
        }
        if let Some(Some(text)) = self.macros.get(name) {
            let text = format!("typedef {text}\nx;");
            return self.expanded(source, node, &text, |header, inside, tree| {
                let definition = inside
                    .find(tree, "type_definition")
                    .ok_or_else(|| inside.wrong(tree, "it is no type"))?;
                let base = header.type_of(inside, inside.part(definition, "type")?)?;
                let declarator = inside.part(definition, "declarator")?;
                Ok(header.declared(inside, declarator, base)?.1)
            });
        }
        Err(source.wrong(
            node,
            format!("the type {name} is not known: what is included by <> is not read; `cc -E` puts everything into one header"),
        ))
    }

    /// `unsigned long int` and its like.
    fn sized(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        let text = source.text(node);
        let words = || text.split_whitespace();
        let has = |word: &str| words().any(|w| w == word);
        let longs = words().filter(|word| *word == "long").count();
        let long = match self.abi {
            Abi::Linux => 8,
            Abi::Windows => 4,
        };
        let size = match node.child_by_field_name("type") {
            None if has("short") => 2,
            None if longs == 0 => 4,
            None if longs == 1 => long,
            None => 8,
            Some(ty) => match source.text(ty) {
                "char" => 1,
                "int" if has("short") => 2,
                "int" if longs == 1 => long,
                "int" if longs > 1 => 8,
                "int" => 4,
                "double" if longs == 1 && self.abi == Abi::Linux => {
                    return Ok(Ctype::simple(Kind::Opaque, 16));
                }
                "double" => {
                    return Err(source.wrong(
                        node,
                        "compilers for Windows don't agree on the size of long double",
                    ));
                }
                _ => {
                    let of = self.type_named(source, ty)?;
                    match of.integer() {
                        Some((bits, _)) => u64::from(bits) / 8,
                        None => of.size, // unsigned __int128
                    }
                }
            },
        };
        Ok(match (size, has("unsigned")) {
            (1, true) => Ctype::simple(Kind::Byte, 1),
            (1, false) => Ctype::number(Type::I8),
            (2, true) => Ctype::number(Type::U16),
            (2, false) => Ctype::number(Type::I16),
            (4, true) => Ctype::number(Type::U32),
            (4, false) => Ctype::number(Type::I32),
            (8, true) => Ctype::number(Type::U64),
            (8, false) => Ctype::number(Type::I64),
            (size, _) => Ctype::simple(Kind::Opaque, size),
        })
    }

    /// A struct, union or enumeration: what it is is kept under its tag.
    fn tagged(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        define: impl FnOnce(&mut Header) -> Known,
    ) -> Known {
        let tag = node
            .child_by_field_name("name")
            .map(|name| source.text(name).to_owned());
        let is_defined = node.child_by_field_name("body").is_some();
        match (tag, is_defined) {
            (None, false) => Err(source.wrong(node, "something is missing here")),
            (None, true) => define(self),
            (Some(tag), true) => {
                // While it is being defined, it is not complete: not what was under that tag before.
                self.tags.insert(tag.clone(), Ok(Ctype::incomplete()));
                let known = define(self);
                if node.kind() != "enum_specifier" && !self.in_prelude && source.file.is_none() {
                    // With a typedef, both are one.
                    let whole = node
                        .parent()
                        .filter(|parent| parent.kind() == "type_definition")
                        .unwrap_or(node);
                    self.records.insert(tag.clone(), whole.start_byte());
                }
                self.tags.insert(tag, known.clone());
                known
            }
            (Some(tag), false) => match self.tags.get(&tag) {
                Some(known) => known.clone(),
                None => Ok(Ctype::incomplete()),
            },
        }
    }

    fn record_of(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        if let Some(wrong) = source.first_error(node) {
            // A bit-field without a name is C, but not tree-sitter's: it is refused for what it is.
            let bits = source
                .find(node, "bitfield_clause")
                .filter(|bits| bits.parent().is_some_and(|of| of.has_error()));
            return Err(bits.map_or(wrong, |bits| bit_field(source, bits)));
        }
        let body = source.part(node, "body")?;
        let placing = self.placing(source, node)?;
        let mut record = Record::new(node.kind() == "union_specifier", placing, self.pack);
        let mut each = |header: &mut Header, source: Source<'_>, part: Node<'_>| {
            header.member(source, part, &mut record)
        };
        for part in unnamed_parts(body) {
            each(self, source, part)?;
        }
        record
            .finish()
            .ok_or_else(|| source.wrong(node, "this is larger than anything can be"))
    }

    fn member(&mut self, source: Source<'_>, node: Node<'_>, record: &mut Record) -> Result<(), Wrong> {
        match node.kind() {
            kind if kind.starts_with("preproc_") => {
                return self.directive(source, node, &mut |header, source, part| {
                    header.member(source, part, record)
                });
            }
            "field_declaration" => {}
            _ => return Ok(()), // braces, comments, a semicolon too many
        }
        let too_large = || source.wrong(node, "this is larger or deeper than anything can be");
        if let Some(bits) = source
            .find(node, "bitfield_clause")
            .filter(|bits| bits.parent() == Some(node))
        {
            return Err(bit_field(source, bits));
        }
        let ty = source.part(node, "type")?;
        let base = self.type_of(source, ty)?;
        let placing = self.placing(source, node)?;
        let atomic_struct = matches!(base.kind, Kind::Record(_))
            && children(node).iter().any(|part| source.text(*part) == "_Atomic");
        if atomic_struct {
            return Err(source.wrong(node, "an _Atomic struct: its size is the compiler's business"));
        }
        let mut cursor = node.walk();
        let declarators: Vec<Node<'_>> = node.children_by_field_name("declarator", &mut cursor).collect();
        if declarators.is_empty() {
            // `struct { … };` within a struct; with a tag it declares that only, as it does for an enumeration.
            let is_member = matches!(base.kind, Kind::Record(_)) && ty.child_by_field_name("name").is_none();
            if is_member && ty.child_by_field_name("body").is_some() {
                record.add(None, base, placing).ok_or_else(too_large)?;
            }
            return Ok(());
        }
        for declarator in declarators {
            let (name, ty) = self.declared(source, declarator, Rc::clone(&base))?;
            self.complete(source, declarator, &ty)?;
            record.add(Some(name), ty, placing).ok_or_else(too_large)?;
        }
        Ok(())
    }

    /// That a type has a size.
    pub(super) fn complete(&self, source: Source<'_>, node: Node<'_>, ty: &Ctype) -> Result<(), Wrong> {
        match ty.is_incomplete() {
            true => Err(source.wrong(node, "its type is not defined up to here, so it has no size")),
            false => Ok(()),
        }
    }

    fn enumeration(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        if let Some(wrong) = source.first_error(node) {
            return Err(wrong);
        }
        let mut next = 0i128;
        let (mut least, mut most) = (0i128, 0i128);
        let mut each = |header: &mut Header, source: Source<'_>, part: Node<'_>| {
            if part.kind() != "enumerator" {
                return Ok(());
            }
            if let Some(value) = part.child_by_field_name("value") {
                next = header.value(source, value, For::Declaration)?;
            }
            let name = source.text(source.part(part, "name")?).to_owned();
            header.enumerators.insert(name, next);
            (least, most) = (least.min(next), most.max(next));
            next += 1;
            Ok(())
        };
        for part in unnamed_parts(source.part(node, "body")?) {
            match part.kind().starts_with("preproc_") {
                true => self.directive(source, part, &mut each)?,
                false => each(self, source, part)?,
            }
        }
        if let Some(underlying) = node.child_by_field_name("underlying_type") {
            return self.type_of(source, underlying);
        }
        let placing = self.placing(source, node)?;
        let (signed, unsigned) = match (least < 0, placing.packed, self.abi) {
            (true, ..) => (true, false),
            (false, _, Abi::Linux) => (false, true),
            (false, _, Abi::Windows) => (true, false),
        };
        let fits = |bits: u32| match signed {
            true => least >= -(1i128 << (bits - 1)) && most < 1i128 << (bits - 1),
            false => most < 1i128 << bits,
        };
        Ok(match (placing.packed, unsigned) {
            (true, true) if fits(8) => Ctype::number(Type::U8),
            (true, false) if fits(8) => Ctype::number(Type::I8),
            (true, true) if fits(16) => Ctype::number(Type::U16),
            (true, false) if fits(16) => Ctype::number(Type::I16),
            (_, false) if self.abi == Abi::Windows && most < 1 << 32 && least >= i128::from(i32::MIN) => {
                Ctype::number(Type::I32)
            }
            _ if self.abi == Abi::Windows => {
                return Err(source.wrong(
                    node,
                    "compilers for Windows don't agree on the size of an enumeration so large",
                ));
            }
            (_, true) if fits(32) => Ctype::number(Type::U32),
            (_, false) if fits(32) => Ctype::number(Type::I32),
            (_, true) if fits(64) => Ctype::number(Type::U64),
            (_, false) if fits(64) => Ctype::number(Type::I64),
            _ => return Err(source.wrong(node, "no whole number holds all of its values")),
        })
    }

    /// The type of `sizeof (…)`.
    pub(super) fn described(&mut self, source: Source<'_>, node: Node<'_>) -> Known {
        let base = self.type_of(source, source.part(node, "type")?)?;
        match node.child_by_field_name("declarator") {
            None => Ok(base),
            Some(declarator) => Ok(self.declared(source, declarator, base)?.1),
        }
    }

    /// The name and the type of a declarator, such as `*names[4]`.
    pub(super) fn declared(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        base: Rc<Ctype>,
    ) -> Result<(String, Rc<Ctype>), Wrong> {
        let inner = node.child_by_field_name("declarator");
        let then = |header: &mut Header, inner: Option<Node<'_>>, ty: Rc<Ctype>| match inner {
            Some(inner) => header.deeper(source, node, |header| header.declared(source, inner, ty)),
            None => Ok((String::new(), ty)),
        };
        match node.kind() {
            "field_identifier" | "type_identifier" | "identifier" | "primitive_type" => {
                Ok((source.text(node).to_owned(), base))
            }
            "pointer_declarator" | "abstract_pointer_declarator" => then(self, inner, Ctype::pointer()),
            "function_declarator" | "abstract_function_declarator" => then(self, inner, Ctype::incomplete()),
            "array_declarator" | "abstract_array_declarator" => {
                let count = match node.child_by_field_name("size") {
                    None => 0, // of flexible length: it is the last, and the struct's size does not count it
                    Some(size) => {
                        let value = self.value(source, size, For::Declaration)?;
                        u64::try_from(value).map_err(|_| {
                            source.wrong(size, format!("an array can't have {value} elements"))
                        })?
                    }
                };
                self.complete(source, node, &base)?;
                let array = Ctype::array(&base, count)
                    .ok_or_else(|| source.wrong(node, "this is larger or deeper than anything can be"))?;
                then(self, inner, array)
            }
            "parenthesized_declarator" | "attributed_declarator" | "abstract_parenthesized_declarator" => {
                let inside = children(node)
                    .into_iter()
                    .find(|part| part.kind().ends_with("declarator") || part.kind().ends_with("identifier"));
                then(self, inside, base)
            }
            _ => Err(source.wrong(node, "this declarator is not understood")),
        }
    }

    /// What the attributes of a declaration or struct say of places. One that is not known may say anything.
    pub(super) fn placing(&mut self, source: Source<'_>, node: Node<'_>) -> Result<Placing, Wrong> {
        let mut placing = Placing::default();
        for part in children(node) {
            match part.kind() {
                "attribute_specifier" => {
                    let Some(arguments) = children(part)
                        .into_iter()
                        .find(|inner| inner.kind() == "argument_list")
                    else {
                        continue;
                    };
                    for attribute in children(arguments).into_iter().filter(Node::is_named) {
                        placing = placing.and(self.attribute(source, attribute)?);
                    }
                }
                "type_qualifier" => {
                    if let Some(alignas) = source.find(part, "alignas_qualifier") {
                        let inner = source.first_named(alignas)?;
                        let align = match inner.kind() {
                            "type_descriptor" => self.described(source, inner)?.align,
                            "identifier" if self.typedefs.contains_key(source.text(inner)) => {
                                self.type_named(source, inner)?.align
                            }
                            _ => self.alignment(source, inner)?,
                        };
                        placing.align = placing.align.max(Some(align));
                    }
                }
                "attribute_declaration" if source.text(part).contains("gnu") => {
                    return Err(source.wrong(part, "write it as __attribute__, then it is understood"));
                }
                "ms_declspec_modifier" => {
                    return Err(source.wrong(part, "__declspec is not understood"));
                }
                _ => {}
            }
        }
        Ok(placing)
    }

    fn attribute(&mut self, source: Source<'_>, node: Node<'_>) -> Result<Placing, Wrong> {
        let (name, argument) = match node.kind() {
            "call_expression" => {
                let arguments = source.part(node, "arguments")?;
                (
                    source.part(node, "function")?,
                    Some(source.first_named(arguments)?),
                )
            }
            _ => (node, None),
        };
        let mut placing = Placing::default();
        match source.text(name).trim_matches('_') {
            "packed" => placing.packed = true,
            "aligned" => {
                placing.align = Some(match argument {
                    Some(argument) => self.alignment(source, argument)?,
                    None => 16, // the largest that any type needs
                });
            }
            // None of these moves anything.
            "deprecated"
            | "unused"
            | "may_alias"
            | "gcc_struct"
            | "transparent_union"
            | "designated_init"
            | "visibility"
            | "warn_if_not_aligned"
            | "nonstring"
            | "counted_by"
            | "extension"
            | "section"
            | "used" => {}
            _ => {
                return Err(source.wrong(
                    node,
                    "this attribute is not understood, and could move what stands here",
                ));
            }
        }
        Ok(placing)
    }

    fn alignment(&mut self, source: Source<'_>, node: Node<'_>) -> Result<u64, Wrong> {
        let value = self.value(source, node, For::Declaration)?;
        u64::try_from(value)
            .ok()
            .filter(|value| value.is_power_of_two() && *value <= 1 << 28)
            .ok_or_else(|| source.wrong(node, format!("{value} is no alignment")))
    }
}

fn bit_field(source: Source<'_>, node: Node<'_>) -> Wrong {
    let what = "a bit-field: where its bits lie is the compiler's business, so nothing behind it can be placed surely";
    source.wrong(node, what)
}
