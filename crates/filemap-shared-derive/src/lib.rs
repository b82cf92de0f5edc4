//! `#[derive(Shared)]`; its documentation is at `filemap_shared::Shared`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, LitInt, parse_macro_input};

/// Makes a `repr(C)` structure of `Shared` fields `Shared` itself: a layout with a fingerprint, and a place for each field.
///
/// `#[shared(version = 2)]` makes two definitions differ that have the same fields with another meaning.
#[proc_macro_derive(Shared, attributes(shared))]
pub fn derive_shared(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> Result<Tokens, Error> {
    let name = &input.ident;
    let refused = |text: &str| Err(Error::new_spanned(name, text));
    let Data::Struct(data) = &input.data else {
        return refused(
            "only structures can be shared: an enum does not accept every bit pattern that a peer may write",
        );
    };
    let Fields::Named(fields) = &data.fields else {
        return refused("a shared structure needs named fields: their names are part of its fingerprint");
    };
    if !input.generics.params.is_empty() {
        return refused("a shared structure has no parameters: both programs must name exactly one layout");
    }
    let (mut is_repr_c, mut version) = (false, 0_u64);
    for attribute in &input.attrs {
        if attribute.path().is_ident("repr") {
            attribute.parse_nested_meta(|meta| {
                is_repr_c |= meta.path.is_ident("C");
                if meta.input.peek(syn::token::Paren) {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    content.parse::<LitInt>()?;
                }
                Ok(())
            })?;
        } else if attribute.path().is_ident("shared") {
            attribute.parse_nested_meta(|meta| match meta.path.is_ident("version") {
                true => {
                    version = meta.value()?.parse::<LitInt>()?.base10_parse()?;
                    Ok(())
                }
                false => Err(meta.error("only `version = number` is known here")),
            })?;
        }
    }
    if !is_repr_c {
        return refused(
            "a shared structure needs #[repr(C)]: without it each compiler may choose another layout",
        );
    }
    let names: Vec<_> = fields
        .named
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect();
    let types: Vec<_> = fields.named.iter().map(|field| &field.ty).collect();
    let docs: Vec<_> = names
        .iter()
        .map(|field| format!("The place of `{field}`."))
        .collect();
    let (visibility, places) = (&input.vis, format_ident!("{name}Places"));
    let text = name.to_string();
    let doc = format!("The fields of a `{text}` in shared memory, each as a place of its own.");
    Ok(quote! {
        impl ::filemap_shared::Shared for #name {
            const NAME: &'static str = #text;
            const FINGERPRINT: u64 = ::filemap_shared::Fingerprint::new(#text)
                .number(#version)
                .number(::core::mem::size_of::<#name>() as u64)
                .number(::core::mem::align_of::<#name>() as u64)
                #(.field(
                    ::core::stringify!(#names),
                    <#types as ::filemap_shared::Shared>::FINGERPRINT,
                    ::core::mem::offset_of!(#name, #names),
                ))*
                .finish();
            const TARGET: u64 = ::filemap_shared::Fingerprint::new(#text).finish();
        }

        #[doc = #doc]
        #visibility trait #places<'v> {
            #(#[doc = #docs] fn #names(&self) -> ::filemap_shared::Place<'v, #types>;)*
        }

        impl<'v> #places<'v> for ::filemap_shared::Place<'v, #name> {
            #(fn #names(&self) -> ::filemap_shared::Place<'v, #types> {
                self.at_field(::core::mem::offset_of!(#name, #names))
            })*
        }
    })
}
