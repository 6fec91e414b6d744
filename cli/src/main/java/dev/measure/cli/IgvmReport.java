package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmHeaderType;
import dev.measure.igvm.IgvmPlatformType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in an IGVM file: platforms, headers of each type, vCPU contexts, ID block. */
final class IgvmReport {
    private final Source source;
    private final IgvmFile file;
    private final Map<DigestAlgorithm, Digest> digests;
    private final Map<IgvmHeaderType, Integer> counts = new EnumMap<>(IgvmHeaderType.class);
    private final List<IgvmHeader.SupportedPlatform> platforms = new ArrayList<>();
    private final List<IgvmHeader.VpContext> contexts = new ArrayList<>();

    IgvmReport(Source source, List<DigestAlgorithm> banks) {
        this.source = source;
        this.file = IgvmFile.read(source);
        this.digests = source.digests(banks);
        for (List<IgvmHeader> part : List.of(file.platforms(), file.initialization(), file.directives())) {
            for (IgvmHeader header : part) {
                counts.merge(header.type(), 1, Integer::sum);
                if (header instanceof IgvmHeader.SupportedPlatform platform) {
                    platforms.add(platform);
                } else if (header instanceof IgvmHeader.VpContext context) {
                    contexts.add(context);
                }
            }
        }
    }

    private Optional<IgvmHeader.SnpIdBlock> idBlock() {
        return file.mask(IgvmPlatformType.SEV_SNP).isPresent()
                ? file.idBlock(file.mask(IgvmPlatformType.SEV_SNP).getAsLong())
                : Optional.empty();
    }

    private static String hex(Source bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    void print(Page page) {
        page.heading(source.name() + ": IGVM file, version " + file.formatVersion() + ", "
                + (file.architecture() == 0 ? "x86-64" : "AArch64") + ", " + source.length() + " bytes");
        digests.forEach((algorithm, digest) -> page.fact(algorithm.id(), digest.hex()));
        if (file.skipped() > 0) {
            page.fact("skipped", file.skipped() + " headers of unknown types, as the file allows");
        }
        Table table = new Table("platform", "mask", "policy");
        for (IgvmHeader.SupportedPlatform platform : platforms) {
            table.row(
                    platform.platformType().text(),
                    FirmwareReport.hex(platform.compatibilityMask()),
                    policy(platform).orElse("-"));
        }
        page.table("Platforms", table);
        Table headers = new Table("type", "count");
        counts.forEach((type, count) -> headers.row(type.name(), Integer.toString(count)));
        page.table("Headers", headers);
        Table vcpus = new Table("vcpu", "mask", "gpa", "offset", "size");
        contexts.forEach(context -> vcpus.row(
                Integer.toString(context.vpIndex()),
                FirmwareReport.hex(context.compatibilityMask()),
                FirmwareReport.hex(context.gpa()),
                FirmwareReport.hex(context.data().start()),
                Long.toString(context.data().length())));
        page.table("vCPU contexts", vcpus);
        idBlock().ifPresent(block -> {
            page.heading("SEV-SNP ID block");
            page.fact("ld", hex(block.ld()));
            page.fact("family", hex(block.familyId()));
            page.fact("image", hex(block.imageId()));
            page.fact("svn", Long.toString(block.guestSvn()));
        });
    }

    private Optional<String> policy(IgvmHeader.SupportedPlatform platform) {
        return file.guestPolicy(platform.compatibilityMask()).stream()
                .mapToObj(FirmwareReport::hex)
                .findFirst();
    }

    Map<String, Object> found() {
        Map<String, Object> igvm = FirmwareReport.row(
                "formatVersion",
                file.formatVersion(),
                "architecture",
                file.architecture() == 0 ? "x86-64" : "aarch64",
                "platforms",
                platforms.stream().map(this::platform).toList());
        Map<String, Object> headers = new LinkedHashMap<>();
        counts.forEach((type, count) -> headers.put(type.name(), count));
        igvm.put("headers", headers);
        igvm.put("skippedHeaders", file.skipped());
        igvm.put(
                "contexts",
                contexts.stream()
                        .map(context -> FirmwareReport.row(
                                "vcpu", context.vpIndex(),
                                "mask", FirmwareReport.hex(context.compatibilityMask()),
                                "gpa", FirmwareReport.hex(context.gpa()),
                                "offset", context.data().start(),
                                "size", context.data().length()))
                        .toList());
        idBlock()
                .ifPresent(block -> igvm.put(
                        "idBlock",
                        FirmwareReport.row(
                                "ld", hex(block.ld()),
                                "familyId", hex(block.familyId()),
                                "imageId", hex(block.imageId()),
                                "guestSvn", block.guestSvn())));
        return FirmwareReport.row(
                "file",
                source.name(),
                "kind",
                "igvm",
                "size",
                source.length(),
                "digests",
                FirmwareReport.digests(digests),
                "igvm",
                igvm);
    }

    private Map<String, Object> platform(IgvmHeader.SupportedPlatform platform) {
        Map<String, Object> row = FirmwareReport.row(
                "type",
                platform.platformType().name(),
                "mask",
                FirmwareReport.hex(platform.compatibilityMask()),
                "highestVtl",
                platform.highestVtl());
        policy(platform).ifPresent(policy -> row.put("policy", policy));
        return row;
    }
}
