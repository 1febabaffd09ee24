/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A queue between two programs: this one, and a second copy of it that it
 * starts.  The queue lives in memory that both map, each where it likes, as
 * it holds no pointers.  The second program knows no more than the file
 * descriptor, and checks what it finds there before it uses it.
 */
#define _GNU_SOURCE /* memfd_create */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weir/queue.h>

enum { CAPACITY = 64, NUMBERS = 100000 };

/* Map all of the file; NULL if that cannot be done. */
static weir_queue_t *map(int file, size_t *size)
{
    struct stat status;
    void *memory;

    if (fstat(file, &status) != 0)
        return NULL;
    *size = (size_t)status.st_size;
    memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* The second program: attach, and send numbers. */
static int send_numbers(int file)
{
    size_t size;
    weir_queue_t *queue = map(file, &size);

    if (queue == NULL || weir_queue_attach(queue, size) != 0 ||
        weir_queue_elem_size(queue) != sizeof(uint64_t))
        return 1;
    for (uint64_t number = 1; number <= NUMBERS; number++)
        if (weir_queue_put(queue, &number) != 0)
            return 1;
    return weir_queue_close(queue);
}

/* The first program: make the queue, start the second, receive. */
static int receive_numbers(void)
{
    size_t size = weir_queue_memsize(CAPACITY, sizeof(uint64_t));
    int file = memfd_create("numbers", 0);
    uint64_t number, expected = 1;
    weir_queue_t *queue;
    char name[16];
    int status;
    pid_t child;

    if (file < 0 || ftruncate(file, (off_t)size) != 0 ||
        (queue = map(file, &size)) == NULL ||
        weir_queue_init(queue, size, CAPACITY, sizeof number, WEIR_SHARED) != 0)
        return 1;
    (void)snprintf(name, sizeof name, "%d", file);
    child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "shared_queue", name, (char *)NULL);
        _exit(127);
    }
    /* A deadline: the other program might die before it closes the queue. */
    while (child > 0 &&
           weir_queue_get_until(queue, &number,
                                weir_after(INT64_C(30000000000))) == 0 &&
           number == expected)
        expected++;
    printf("process %d sent %" PRIu64 " numbers, in order\n", (int)child,
           expected - 1);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    return status == 0 && expected == NUMBERS + 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return argc > 1 ? send_numbers(atoi(argv[1])) : receive_numbers();
}
