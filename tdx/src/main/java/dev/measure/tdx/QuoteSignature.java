package dev.measure.tdx;

import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * The signature data of a quote with an ECDSA P-256 key, and what certifies that key: the report of the quoting enclave, which
 * names it, signed by the PCK. Intel TDX DCAP Quoting Library API, appendix A.4.
 *
 * @param signature over header and body, 64 bytes: r and s, each 32 bytes, big-endian
 * @param attestationKey the public key, 64 bytes: x and y, each 32 bytes, big-endian
 * @param qeReport the report of the quoting enclave
 * @param qeReportSignature over that report by the PCK, 64 bytes: r and s
 * @param qeAuthenticationData what the quoting enclave hashed together with the attestation key
 * @param certification what certifies the PCK
 */
public record QuoteSignature(
        Source signature,
        Source attestationKey,
        QeReport qeReport,
        Source qeReportSignature,
        Source qeAuthenticationData,
        CertificationData certification) {
    private static final int QE_REPORT_CERTIFICATION = 6;

    /**
     * Reads signature data that fills the whole source.
     */
    static QuoteSignature read(Cursor c) {
        Source signature = c.slice(64, "signature");
        Source attestationKey = c.slice(64, "attestation key");
        int at = c.position();
        CertificationData outer = CertificationData.read(c);
        end(c);
        if (outer.type() != QE_REPORT_CERTIFICATION) {
            throw c.malformed(at, "certification data type 6 (QE report)", Integer.toString(outer.type()), "");
        }
        Cursor inner = Cursor.of(outer.data());
        QeReport qeReport = QeReport.read(inner);
        Source qeReportSignature = inner.slice(64, "QE report signature");
        Source authenticationData = inner.slice(inner.u16("QE authentication data size"), "QE authentication data");
        at = inner.position();
        CertificationData certification = CertificationData.read(inner);
        end(inner);
        if (certification.type() == QE_REPORT_CERTIFICATION) {
            throw inner.malformed(at, "certification data of the PCK", "type 6 again", "");
        }
        return new QuoteSignature(
                signature, attestationKey, qeReport, qeReportSignature, authenticationData, certification);
    }

    private static void end(Cursor c) {
        if (c.remaining() > 0) {
            throw c.malformed(
                    "the end of the data", c.remaining() + " more bytes", "two lengths contradict each other");
        }
    }

    /**
     * The report of the quoting enclave: an SGX report body, 384 bytes. Intel SDM, volume 3D, table 38-21.
     *
     * @param cpuSvn 16 bytes
     * @param miscSelect MISCSELECT
     * @param attributes ATTRIBUTES of the enclave, 16 bytes
     * @param mrEnclave the measurement of the enclave, 32 bytes
     * @param mrSigner the measurement of its signer, 32 bytes
     * @param isvProdId product
     * @param isvSvn security version
     * @param reportData 64 bytes: SHA-256 of attestation key and authentication data, then zeros
     * @param bytes all 384, which the PCK signs
     */
    public record QeReport(
            Source cpuSvn,
            long miscSelect,
            Source attributes,
            Source mrEnclave,
            Source mrSigner,
            int isvProdId,
            int isvSvn,
            Source reportData,
            Source bytes) {
        static QeReport read(Cursor c) {
            Source bytes = c.slice(384, "QE report");
            Cursor body = Cursor.of(bytes);
            Source cpuSvn = body.slice(16, "CPUSVN");
            long miscSelect = body.u32("MISCSELECT");
            body.skip(12 + 16, "reserved, ISVEXTPRODID");
            Source attributes = body.slice(16, "ATTRIBUTES");
            Source mrEnclave = body.slice(32, "MRENCLAVE");
            body.skip(32, "reserved");
            Source mrSigner = body.slice(32, "MRSIGNER");
            body.skip(32 + 64, "reserved, CONFIGID");
            int isvProdId = body.u16("ISVPRODID");
            int isvSvn = body.u16("ISVSVN");
            body.skip(2 + 42 + 16, "CONFIGSVN, reserved, ISVFAMILYID");
            Source reportData = body.slice(64, "REPORTDATA");
            return new QeReport(
                    cpuSvn, miscSelect, attributes, mrEnclave, mrSigner, isvProdId, isvSvn, reportData, bytes);
        }
    }

    /**
     * Certification data.
     *
     * @param type 1 to 3 a PPID, 4 a PCK certificate, 5 a chain of PCK certificates as PEM, 6 a QE report, 7 a platform manifest
     * @param data its bytes
     */
    public record CertificationData(int type, Source data) {
        static CertificationData read(Cursor c) {
            int at = c.position();
            int type = c.u16("certification data type");
            if (type < 1 || type > 7) {
                throw c.malformed(at, "a certification data type of 1..7", Integer.toString(type), "");
            }
            return new CertificationData(type, c.slice(c.u32("certification data size"), "certification data"));
        }
    }
}
