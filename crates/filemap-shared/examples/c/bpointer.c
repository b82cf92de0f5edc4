/* A list in shared memory that two views at different addresses read: what the SDK sample BPOINTER showed (KB125713).
 *
 *   cc -I../../../filemap-capi/include bpointer.c && ./a.out
 */
#define _GNU_SOURCE
#include "filemap_based.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
    uint64_t value;
    FM_REL(struct node) next;
};

struct head {
    FM_REL(struct node) first;
    fm_rel_slice text;
};

/* Writes the list; links are offsets. */
static void build(fm_view view)
{
    struct head *head = (struct head *)view.base;
    for (uint64_t i = 0; i < 5; i++) {
        struct node *node = FM_BASED(view, struct node, 64 + i * sizeof *node);
        node->value = i;
        node->next = head->first;
        head->first = fm_to_rel(view, node);
    }
}

/* Adds up the values; -1 if a link leads nowhere or the list does not end. */
static long sum(fm_view view)
{
    const struct head *head = (const struct head *)view.base;
    long total = 0;
    size_t steps = 0;
    for (fm_rel at = head->first; at != 0;) {
        const struct node *node = FM_BASED(view, const struct node, at);
        if (node == NULL || ++steps > view.len / sizeof *node)
            return -1;
        total += (long)node->value;
        at = node->next;
    }
    return total;
}

int main(void)
{
    const size_t len = 65536;
    int file = memfd_create("bpointer", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)len) != 0)
        return 2;
    fm_view ours = { mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), len };
    fm_view theirs = { mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), len };
    if (ours.base == MAP_FAILED || theirs.base == MAP_FAILED || ours.base == theirs.base)
        return 2;
    build(ours);
    if (sum(theirs) != 10)
        return 1;
    /* What a peer may write there is refused: outside, misaligned, endless. */
    struct head *head = (struct head *)ours.base;
    const fm_rel good = head->first, bad[] = { len, len - 8, UINT64_MAX, 65, UINT64_MAX & ~7ull };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        head->first = bad[i];
        if (sum(theirs) != -1)
            return 1;
    }
    head->first = good;
    FM_BASED(ours, struct node, 64)->next = good;
    if (sum(theirs) != -1)
        return 1;
    fm_rel_slice wild = { 64, UINT64_MAX / 8 };
    if (FM_BASED_SLICE(ours, uint64_t, wild) != NULL)
        return 1;
    puts("0 + 1 + 2 + 3 + 4 = 10, at two addresses");
    return 0;
}
