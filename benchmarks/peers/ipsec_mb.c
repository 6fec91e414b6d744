/* SHA-384 of random pages with the job API of intel-ipsec-mb: for each line on standard input one pass over all pages, whose
   thread CPU time in nanoseconds goes to standard output. The first line that it prints is the SHA-384 of the first page.
   cc -O2 ipsec_mb.c -lIPSec_MB; arguments: a file with the pages, bytes of a page. */
#include <intel-ipsec-mb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long cpu_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 1;
    size_t page = (size_t) atol(argv[2]);
    fseek(file, 0, SEEK_END);
    size_t pages = (size_t) ftell(file) / page;
    rewind(file);
    unsigned char *bytes = aligned_alloc(64, pages * page), *digests = calloc(pages, 48);
    if (!bytes || !digests || fread(bytes, page, pages, file) != pages) return 1;
    IMB_MGR *mgr = alloc_mb_mgr(0);
    if (!mgr) return 1;
    init_mb_mgr_auto(mgr, NULL);

    char line[16];
    int first = 1;
    do {
        long long start = cpu_nanos();
        for (size_t i = 0; i < pages; i++) {
            IMB_JOB *job = IMB_GET_NEXT_JOB(mgr);
            memset(job, 0, sizeof *job);
            job->chain_order = IMB_ORDER_HASH_CIPHER;
            job->cipher_mode = IMB_CIPHER_NULL;
            job->cipher_direction = IMB_DIR_ENCRYPT;
            job->hash_alg = IMB_AUTH_SHA_384;
            job->src = bytes + i * page;
            job->msg_len_to_hash_in_bytes = page;
            job->auth_tag_output = digests + i * 48;
            job->auth_tag_output_len_in_bytes = 48;
            IMB_SUBMIT_JOB(mgr);
        }
        while (IMB_FLUSH_JOB(mgr)) {}
        long long nanos = cpu_nanos() - start;
        if (first) {
            for (int i = 0; i < 48; i++) printf("%02x", digests[i]);
            putchar('\n');
            first = 0;
        } else {
            printf("%lld\n", nanos);
        }
        fflush(stdout);
    } while (fgets(line, sizeof line, stdin));
    return 0;
}
