package dev.measure.cli;

import dev.measure.CallerData;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Nonces that evidence must be bound to, so that what a machine said long ago is no answer. */
final class Freshness {
    /** The longest field that holds a nonce, TPM2B_DATA, and 2 bytes of a hash's name. */
    private static final int MAX_LENGTH = 66;

    private static final String NONCE = "--nonce";
    private static final String REPORT_DATA = "--report-data";

    private final Optional<Source> nonce;
    private final Optional<Source> reportData;

    private Freshness(Optional<Source> nonce, Optional<Source> reportData) {
        this.nonce = nonce;
        this.reportData = reportData;
    }

    static Options.Group options() {
        return new Options.Group(
                "Freshness",
                Options.value(
                        "HEX|FILE",
                        "the nonce for which the evidence was made: REPORT_DATA of SEV-SNP and REPORTDATA of TDX hold it in"
                                + " front of zeros up to their 64 bytes, the quote of a TPM as it is (tpm2_quote -q); a file"
                                + " gives its bytes, and ./ goes before a name of digits alone",
                        NONCE),
                Options.value(
                        "HEX|FILE",
                        "what REPORT_DATA or REPORTDATA hold instead of the nonce, such as a hash over it and a key",
                        REPORT_DATA));
    }

    static Freshness of(Call call) {
        return new Freshness(data(NONCE, call), data(REPORT_DATA, call));
    }

    private static Optional<Source> data(String option, Call call) {
        return call.value(option).map(text -> {
            Source bytes = isHex(text)
                    ? Source.of(option, HexFormat.of().parseHex(digits(text)))
                    : call.inputs().open(text);
            if (bytes.length() == 0 || bytes.length() > MAX_LENGTH) {
                throw Complaint.usage(
                        option + ": expected 1 to " + MAX_LENGTH + " bytes, got " + bytes.length(),
                        isHex(text) ? "" : "a file gives its bytes, not hexadecimal digits");
            }
            return bytes;
        });
    }

    /** A file whose name is digits is named with a folder: ./00ff. */
    private static boolean isHex(String text) {
        String digits = digits(text);
        return digits.length() % 2 == 0 && digits.matches("[0-9a-fA-F]+");
    }

    private static String digits(String text) {
        return text.startsWith("0x") ? text.substring(2) : text;
    }

    /** {@return the same evidence, each piece bound to what it must hold} */
    List<EvidencePiece> bind(List<EvidencePiece> pieces) {
        List<EvidencePiece> bound = new ArrayList<>();
        boolean nonceUsed = false;
        boolean reportDataUsed = false;
        for (EvidencePiece piece : pieces) {
            boolean report =
                    piece.evidence().callerData().filter(CallerData::padded).isPresent();
            Optional<Source> data = expected(piece);
            nonceUsed |= data.isPresent() && data.equals(nonce) && !(report && reportData.isPresent());
            reportDataUsed |= report && reportData.isPresent();
            bound.add(
                    data.isEmpty()
                            ? piece
                            : piece.boundTo(data.get(), report && reportData.isPresent() ? REPORT_DATA : NONCE));
        }
        if (nonce.isPresent() && !nonceUsed) {
            throw Complaint.usage(
                    NONCE + ": no evidence holds one",
                    "a report, a TD quote or the quote of a TPM holds it; logs and plain values do not, nor what Azure's"
                            + " paravisor asked for");
        }
        if (reportData.isPresent() && !reportDataUsed) {
            throw Complaint.usage(REPORT_DATA + ": there is no SNP report, TD quote or TD report that holds it", NONCE);
        }
        return bound;
    }

    private Optional<Source> expected(EvidencePiece piece) {
        Optional<CallerData> field = piece.evidence().callerData();
        if (field.isEmpty()) {
            return Optional.empty();
        }
        if (field.get().padded() && reportData.isPresent()) {
            return reportData;
        }
        return piece.isOfParavisor() ? Optional.empty() : nonce;
    }

    /** {@return what is known of the freshness of a piece, in words} */
    String text(EvidencePiece piece) {
        if (piece.evidence().callerData().isEmpty()) {
            return "not checked: it holds no nonce";
        }
        if (expected(piece).isPresent()) {
            return "checked: " + piece.evidence().callerData().orElseThrow().field();
        }
        return "not checked: "
                + (piece.isOfParavisor()
                        ? "REPORT_DATA is what Azure's paravisor asked for; a quote of its TPM holds a nonce"
                        : "no --nonce is given");
    }

    /** {@return whether a piece is bound to something} */
    boolean isChecked(EvidencePiece piece) {
        return expected(piece).isPresent();
    }
}
