package dev.measure.snp;

import java.util.ArrayList;
import java.util.List;

/**
 * A field of the VMSA, the state save area of an SEV-ES or SEV-SNP guest.
 *
 * <p>AMD64 Architecture Programmer's Manual, volume 2, appendix B, table B-4. Every byte of the page belongs to exactly one field;
 * what has no name there is {@code reserved_} with its offset.
 *
 * @param name the name in the manual, in lower case; the parts of a segment follow its name after a dot
 * @param offset in the page, bytes
 * @param size bytes; fields of up to 8 bytes are little-endian numbers
 */
public record VmsaField(String name, int offset, int size) {
    /** What no name of the manual covers. */
    static final String RESERVED = "reserved_";

    // spotless:off
    private static final String TABLE = """
            es:000:S cs:010:S ss:020:S ds:030:S fs:040:S gs:050:S gdtr:060:S ldtr:070:S idtr:080:S tr:090:S
            pl0_ssp:0a0:8 pl1_ssp:0a8:8 pl2_ssp:0b0:8 pl3_ssp:0b8:8 u_cet:0c0:8 vmpl:0ca:1 cpl:0cb:1 efer:0d0:8
            xss:140:8 cr4:148:8 cr3:150:8 cr0:158:8 dr7:160:8 dr6:168:8 rflags:170:8 rip:178:8
            dr0:180:8 dr1:188:8 dr2:190:8 dr3:198:8 dr0_addr_mask:1a0:8 dr1_addr_mask:1a8:8 dr2_addr_mask:1b0:8 dr3_addr_mask:1b8:8
            rsp:1d8:8 s_cet:1e0:8 ssp:1e8:8 isst_addr:1f0:8 rax:1f8:8 star:200:8 lstar:208:8 cstar:210:8 sfmask:218:8
            kernel_gs_base:220:8 sysenter_cs:228:8 sysenter_esp:230:8 sysenter_eip:238:8 cr2:240:8
            g_pat:268:8 dbgctl:270:8 br_from:278:8 br_to:280:8 last_excp_from:288:8 last_excp_to:290:8
            spec_ctrl:2e0:8 pkru:2e8:4 tsc_aux:2ec:4 rcx:308:8 rdx:310:8 rbx:318:8 rbp:328:8 rsi:330:8 rdi:338:8
            r8:340:8 r9:348:8 r10:350:8 r11:358:8 r12:360:8 r13:368:8 r14:370:8 r15:378:8
            guest_exit_info_1:390:8 guest_exit_info_2:398:8 guest_exit_int_info:3a0:8 guest_nrip:3a8:8
            sev_features:3b0:8 vintr_ctrl:3b8:8 guest_exit_code:3c0:8 virtual_tom:3c8:8 tlb_id:3d0:8 pcpu_id:3d8:8
            event_inj:3e0:8 xcr0:3e8:8 xsave_valid_bitmap:3f0:16
            x87_dp:400:8 mxcsr:408:4 x87_ftw:40c:2 x87_fsw:40e:2 x87_fcw:410:2 x87_fop:412:2 x87_ds:414:2 x87_cs:416:2 x87_rip:418:8
            fpreg_x87:420:80 fpreg_xmm:470:256 fpreg_ymm:570:256
            """;
    // spotless:on

    private static final List<VmsaField> ALL = table();

    /** {@return all fields in the order of their offsets, which together are the page} */
    public static List<VmsaField> all() {
        return ALL;
    }

    /**
     * {@return the field of a name}
     *
     * @param name the name, as in {@link #name}
     * @throws IllegalArgumentException if there is none
     */
    public static VmsaField named(String name) {
        return ALL.stream()
                .filter(field -> field.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no VMSA field is named '" + name + "'"));
    }

    /** {@return whether the manual gives the field no name} */
    public boolean isReserved() {
        return name.startsWith(RESERVED);
    }

    /** {@return whether the field is a number, not a run of bytes} */
    public boolean isNumber() {
        return size <= Long.BYTES;
    }

    private static List<VmsaField> table() {
        List<VmsaField> fields = new ArrayList<>();
        int end = 0;
        for (String entry : TABLE.strip().split("\\s+")) {
            String[] parts = entry.split(":");
            int offset = Integer.parseInt(parts[1], 16);
            end = reserved(fields, end, offset);
            if (parts[2].equals("S")) {
                fields.add(new VmsaField(parts[0] + ".selector", offset, 2));
                fields.add(new VmsaField(parts[0] + ".attrib", offset + 2, 2));
                fields.add(new VmsaField(parts[0] + ".limit", offset + 4, 4));
                fields.add(new VmsaField(parts[0] + ".base", offset + 8, 8));
                end = offset + 16;
            } else {
                int size = Integer.parseInt(parts[2]);
                fields.add(new VmsaField(parts[0], offset, size));
                end = offset + size;
            }
        }
        reserved(fields, end, PageInfo.PAGE);
        return List.copyOf(fields);
    }

    /** Fills the gap before an offset. */
    private static int reserved(List<VmsaField> fields, int from, int to) {
        if (from < to) {
            fields.add(new VmsaField(String.format("%s0x%03x", RESERVED, from), from, to - from));
        }
        return to;
    }
}
