package dev.measure.snp;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The table of certificates that a host hands to its guest beside a report (SNP_GET_EXT_REPORT). AMD, Guest-Hypervisor Communication
 * Block Standardization, #56421, "SNP Extended Guest Request": entries of GUID, u32 offset from the start of the table and u32 length,
 * an entry of zeros at their end, then the certificates.
 *
 * <p>It comes from the host and proves nothing by itself: certificates in it count only as far as a root that the verifier knows signs
 * them.
 *
 * @param entries the entries in their order
 */
public record CertificateTable(List<Entry> entries) {
    /** A table has five kinds of entries today; hosts may add their own. */
    private static final int MAX_ENTRIES = 64;

    private static final UUID END = new UUID(0, 0);

    /**
     * One certificate or other data.
     *
     * @param guid what it is
     * @param content its bytes, for a certificate DER
     */
    public record Entry(UUID guid, Source content) {
        /** {@return what the GUID stands for, or the GUID} */
        public String name() {
            return switch (guid.toString()) {
                case "63da758d-e664-4564-adc5-f4b93be8accd" -> "VCEK";
                case "a8074bc2-a25a-483e-aae6-39c045a0b8a1" -> "VLEK";
                case "4ab7b379-bbac-4fe4-a02f-05aef327c782" -> "ASK";
                case "c0b406a4-a803-4952-9743-3fb6014cd0ae" -> "ARK";
                case "92f81bc3-5811-4d3d-97ff-d19f88dc67ea" -> "CRL";
                case "9f4116cd-c503-4f5a-8f6f-fb68882f4ce2" -> "GCE launch endorsement";
                default -> guid.toString();
            };
        }
    }

    /** Copies the list. */
    public CertificateTable {
        entries = List.copyOf(entries);
    }

    static CertificateTable read(Source table) {
        Cursor c = Cursor.of(table);
        List<Entry> entries = new ArrayList<>();
        while (true) {
            int at = c.position();
            UUID guid = c.guid("GUID of a certificate");
            long offset = c.u32("offset of a certificate");
            long length = c.u32("length of a certificate");
            if (guid.equals(END) && offset == 0 && length == 0) {
                break;
            }
            if (entries.size() == MAX_ENTRIES) {
                throw c.malformed(at, "at most " + MAX_ENTRIES + " certificates", "more", "");
            }
            if (offset > table.length() || length > table.length() - offset) {
                throw c.malformed(
                        at + 16,
                        "a certificate inside the table of " + table.length() + " bytes",
                        "offset " + offset + ", length " + length,
                        "");
            }
            entries.add(new Entry(guid, table.slice(offset, length)));
        }
        for (Entry entry : entries) {
            if (entry.content().start() - table.start() < c.position()) {
                throw c.malformed(
                        entry.content().start() - table.start(),
                        "certificates after the table's " + c.position() + " bytes of entries",
                        "one inside them",
                        "");
            }
        }
        return new CertificateTable(entries);
    }
}
