/* Opens a SharedBox of another program (in Rust or C), if both were compiled from the same definition.
 *
 *   cc -I../../../filemap-capi/include layout.c && ./a.out FILE
 *
 * Prints the sum of the list in the box and adds a node in front; or the error number.
 */
#include "filemap_based.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct node {
#ifdef OTHER_DEFINITION
    double value;
#else
    uint64_t value;
#endif
    FM_REL(struct node) next;
};

struct list {
    FM_REL(struct node) first;
    fm_rel_slice text;
    struct node nodes[8];
};

int main(int count, char **arguments)
{
    int file = open(count > 1 ? arguments[1] : "", O_RDWR);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        return 2;
    fm_view view = { mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), (size_t)status.st_size };
    if (view.base == MAP_FAILED)
        return 2;

#ifdef OTHER_DEFINITION
    uint64_t value = fm_layout_of("f64", 8);
#else
    uint64_t value = fm_layout_of("u64", 8);
#endif
    uint64_t node = FM_LAYOUT(struct node, "Node", 0);
    node = FM_LAYOUT_FIELD(node, struct node, value, value);
    node = FM_LAYOUT_FIELD(node, struct node, next, fm_layout_of_rel(fm_layout_named("Node")));
    node = fm_layout_finish(node);
    uint64_t layout = FM_LAYOUT(struct list, "List", 3);
    layout = FM_LAYOUT_FIELD(layout, struct list, first, fm_layout_of_rel(fm_layout_named("Node")));
    layout = FM_LAYOUT_FIELD(layout, struct list, text, fm_layout_of_rel_str());
    layout = FM_LAYOUT_FIELD(layout, struct list, nodes, fm_layout_of_array(node, 8));

    uint32_t error;
    struct list *list = FM_BOX(view, struct list, layout, &error);
    if (list == NULL) {
        printf("%u\n", error);
        return 1;
    }
    long sum = 0;
    size_t used = 0;
    for (fm_rel at = list->first; at != 0; used++) {
        const struct node *here = FM_BASED(view, const struct node, at);
        if (here == NULL || used == 7)
            return 2;
        sum += (long)here->value;
        at = here->next;
    }
    const char *text = FM_BASED_SLICE(view, const char, list->text);
    printf("%ld %.*s\n", sum, text == NULL ? 0 : (int)list->text.count, text == NULL ? "" : text);
    list->nodes[used].value = 100;
    list->nodes[used].next = list->first;
    list->first = fm_to_rel(view, &list->nodes[used]);
    return 0;
}
