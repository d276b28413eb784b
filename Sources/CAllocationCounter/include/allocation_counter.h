// Counts allocations: the process that links this has its own malloc and so on, which count and hand on to those of glibc.
#ifndef PENSTOCK_ALLOCATION_COUNTER_H
#define PENSTOCK_ALLOCATION_COUNTER_H

#include <stdint.h>

// How many blocks of memory the calling thread has asked for so far; a block that is made larger or smaller counts again.
// Always 0 where nothing can be counted: without glibc, and under a sanitizer, which has a malloc of its own.
uint64_t penstock_allocation_count(void);

#endif
