package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.tdx.TdAttributes;
import dev.measure.tdx.TdInfo;
import dev.measure.tdx.TdManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The options that say what TEE_INFO_HASH covers besides MRTD. */
final class TeeInfoOptions {
    private static final int RTMRS = 4;
    private static final List<String> NAMES = List.of(
            "--attributes",
            "--xfam",
            "--mr-config-id",
            "--mr-owner",
            "--mr-owner-config",
            "--manifest",
            "--separator",
            "--rtmr0",
            "--rtmr1",
            "--rtmr2",
            "--rtmr3");

    private TeeInfoOptions() {}

    static Options.Group group() {
        List<Options.Option> options = new ArrayList<>(List.of(
                Options.value("HEX", "ATTRIBUTES, 64 bits, such as 0x10000000", "--attributes", "--td-attributes"),
                Options.value("HEX", "XFAM, 64 bits, such as 0x61ae7", "--xfam"),
                Options.value("HEX", "MRCONFIGID, 48 bytes (default: zeros)", "--mr-config-id", "--mrconfigid"),
                Options.value("HEX", "MROWNER, 48 bytes (default: zeros)", "--mr-owner", "--mrowner"),
                Options.value(
                        "HEX", "MROWNERCONFIG, 48 bytes (default: zeros)", "--mr-owner-config", "--mrownerconfig"),
                Options.value("FILE", "these five as JSON, as td-shim-tee-info-hash takes them", "--manifest"),
                Options.value(
                        "N",
                        "RTMR0 and RTMR1 hold this separator alone, 32 bits, as td-shim-tee-info-hash has it",
                        "--separator",
                        "--seperator")));
        for (int i = 0; i < RTMRS; i++) {
            options.add(Options.value("HEX", "RTMR" + i + " (default: zeros)", "--rtmr" + i));
        }
        return new Options.Group("TEE_INFO_HASH: TDINFO_STRUCT", options);
    }

    /** {@return whether one of the options is given} */
    static boolean isGiven(Call call) {
        return NAMES.stream().anyMatch(call::has);
    }

    /** {@return ATTRIBUTES, XFAM and the rest with an MRTD} */
    static TdInfo of(Call call, Result result, Digest mrtd) {
        Optional<TdManifest> manifest = call.value("--manifest")
                .map(name -> TdManifest.read(PcrRequest.opened(call, result, "manifest", name)));
        Optional<TdAttributes> attributes =
                bits(call, "--attributes").map(TdAttributes::new).or(() -> manifest.map(TdManifest::attributes));
        Optional<Long> xfam = bits(call, "--xfam").or(() -> manifest.map(TdManifest::xfam));
        if (attributes.isEmpty() || xfam.isEmpty()) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    "TEE_INFO_HASH covers ATTRIBUTES and XFAM of the trust domain",
                    "give --attributes and --xfam, or --manifest");
        }
        Digest zero = Digest.zero(DigestAlgorithm.SHA384);
        return new TdInfo(
                attributes.get(),
                xfam.get(),
                mrtd,
                digest(call, "--mr-config-id", manifest.map(TdManifest::mrConfigId)),
                digest(call, "--mr-owner", manifest.map(TdManifest::mrOwner)),
                digest(call, "--mr-owner-config", manifest.map(TdManifest::mrOwnerConfig)),
                rtmrs(call, result),
                zero);
    }

    private static Digest digest(Call call, String option, Optional<Digest> otherwise) {
        return Keys.digest(call, option).or(() -> otherwise).orElse(Digest.zero(DigestAlgorithm.SHA384));
    }

    private static List<Digest> rtmrs(Call call, Result result) {
        Optional<Digest> separated = call.value("--separator").map(TeeInfoOptions::separated);
        List<Digest> rtmrs = new ArrayList<>();
        boolean zeros = true;
        for (int i = 0; i < RTMRS; i++) {
            String option = "--rtmr" + i;
            if (i < 2 && separated.isPresent() && call.has(option)) {
                throw Complaint.usage("both --separator and " + option + " are given", "keep one of them");
            }
            Optional<Digest> given = i < 2 && separated.isPresent() ? separated : Keys.digest(call, option);
            zeros &= given.isEmpty();
            rtmrs.add(given.orElse(Digest.zero(DigestAlgorithm.SHA384)));
        }
        if (zeros) {
            result.assumption(new Assumption(
                    "rtmrs",
                    "zero",
                    "as when the trust domain starts; --rtmr0 to --rtmr3 or --separator for a later moment"));
        }
        return rtmrs;
    }

    /** A register that was extended once, with the digest of a separator. */
    private static Digest separated(String text) {
        long value;
        try {
            value = Long.decode(text);
        } catch (NumberFormatException e) {
            value = -1;
        }
        if (value < 0 || value > 0xffff_ffffL) {
            throw Complaint.usage("--separator: expected a number of 32 bits, got '" + text + "'", "0 or 0xffffffff");
        }
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        byte[] event = sha384.digest(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array());
        sha384.update(new byte[DigestAlgorithm.SHA384.length()]);
        sha384.update(event);
        return Digest.of(DigestAlgorithm.SHA384, sha384);
    }

    /** {@return the 64 bits of an option in hexadecimal} */
    static Optional<Long> bits(Call call, String option) {
        return call.value(option).map(text -> {
            String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
            if (!digits.matches("[0-9a-fA-F]{1,16}")) {
                throw Complaint.usage(option + ": expected up to 16 hexadecimal digits, got '" + text + "'", "");
            }
            return Long.parseUnsignedLong(digits, 16);
        });
    }
}
