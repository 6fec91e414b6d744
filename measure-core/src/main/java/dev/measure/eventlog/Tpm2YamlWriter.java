package dev.measure.eventlog;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.uefi.VariableData;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.commons.codec.binary.Hex;

/**
 * Writes a log as tpm2_eventlog 5.8 prints it in version 1 of its YAML, built without efivar.
 *
 * <p>On purpose different: event data is never cut after 1024 bytes; a type without a name is its number; a payload that does not have
 * the structure of its type is hexadecimal; registers follow our replay (the tool starts PCR 17 to 22 at zero and lets a late
 * StartupLocality overwrite PCR 0).
 */
final class Tpm2YamlWriter {
    private final Writer out;

    private Tpm2YamlWriter(Writer out) {
        this.out = out;
    }

    static void write(EventLog log, OutputStream stream) throws IOException {
        Writer out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.ISO_8859_1));
        new Tpm2YamlWriter(out).log(log);
        out.flush();
    }

    private void log(EventLog log) throws IOException {
        line("---");
        line("version: 1");
        line("events:");
        for (TcgEvent event : log.events()) {
            boolean header = log.specId().isPresent() && event.number() == 0;
            if (log.format() != LogFormat.SHA1) {
                line("- EventNum: " + event.number());
            }
            line("  PCRIndex: " + (int) event.registerIndex());
            line("  EventType: " + event.type().text());
            if (header) {
                line("  Digest: \"" + event.digests().get(0).hex() + "\"");
                line("  EventSize: " + event.dataLength());
                specId(log.specId().orElseThrow());
            } else {
                digests(event);
                line("  EventSize: " + event.dataLength());
                if (event.dataLength() > 0 && event.dataKnown()) {
                    data(event);
                }
            }
        }
        registers(Replay.of(log));
    }

    private void digests(TcgEvent event) throws IOException {
        line("  DigestCount: " + event.digests().size());
        line("  Digests:");
        for (TcgEvent.TaggedDigest digest : event.digests()) {
            line("  - AlgorithmId: " + digest.algorithmName());
            line("    Digest: \"" + digest.hex() + "\"");
        }
    }

    private void specId(SpecId header) throws IOException {
        line("  SpecID:");
        line("  - Signature: Spec ID Event03");
        line("    platformClass: " + header.platformClass());
        line("    specVersionMinor: " + header.specVersionMinor());
        line("    specVersionMajor: " + header.specVersionMajor());
        line("    specErrata: " + header.specErrata());
        line("    uintnSize: " + header.uintnSize());
        line("    numberOfAlgorithms: " + header.banks().size());
        line("    Algorithms:");
        for (int i = 0; i < header.banks().size(); i++) {
            line("    - Algorithm[" + i + "]:");
            line("      algorithmId: " + header.banks().get(i).text());
            line("      digestSize: " + header.banks().get(i).digestSize());
        }
        line("    vendorInfoSize: " + header.vendorInfo().length());
        if (header.vendorInfo().length() > 0) {
            line("    vendorInfo: \"" + hex(header.vendorInfo()) + "\"");
        }
    }

    private void data(TcgEvent event) throws IOException {
        EventData decoded = event.decoded();
        switch ((int) event.type().value()) {
            case 0x80000001, 0x80000002, 0x8000000c, 0x800000e0 -> {
                if (decoded instanceof EventData.Variable variable) {
                    variable(variable.variable());
                    return;
                }
            }
            case 0x01, 0x07, 0x80000008, 0x8000000a -> {
                if (decoded instanceof EventData.FirmwareBlob blob) {
                    blob(event, blob);
                    return;
                } else if (event.type().value() == 0x01) {
                    action(event.data());
                    return;
                }
            }
            case 0x80000007, 0x80000010 -> {
                action(event.data());
                return;
            }
            case 0x0d -> {
                line("  Event:");
                split(event.data().toByteArray());
                return;
            }
            case 0x80000003, 0x80000004, 0x80000005 -> {
                if (decoded instanceof EventData.ImageLoad image) {
                    image(event, image);
                    return;
                }
            }
            default -> {
                // hexadecimal, below
            }
        }
        line("  Event: \"" + hex(event.data()) + "\"");
    }

    private void variable(VariableData variable) throws IOException {
        String name = variable.unicodeName();
        line("  Event:");
        line("    VariableName: " + variable.variableName());
        line("    UnicodeNameLength: " + name.length());
        line("    VariableDataLength: " + variable.variableData().length());
        line("    UnicodeName: " + new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        if (variable.variableData().length() > 0) {
            line("    VariableData: \"" + hex(variable.variableData()) + "\"");
        }
    }

    private void blob(TcgEvent event, EventData.FirmwareBlob blob) throws IOException {
        line("  Event:");
        if (blob.description().isPresent()) {
            int size = (int) event.data().length() - 17;
            line("    BlobDescriptionSize: " + size);
            line("    BlobDescription: \"" + hex(event.data().slice(1, size)) + "\"");
        }
        line("    BlobBase: 0x" + Long.toHexString(blob.base()));
        line("    BlobLength: 0x" + Long.toHexString(blob.length()));
    }

    private void image(TcgEvent event, EventData.ImageLoad image) throws IOException {
        Source path = event.data().slice(32, event.data().length() - 32);
        line("  Event:");
        line("    ImageLocationInMemory: 0x" + Long.toHexString(image.locationInMemory()));
        line("    ImageLengthInMemory: " + Long.toUnsignedString(image.lengthInMemory()));
        line("    ImageLinkTimeAddress: 0x" + Long.toHexString(image.linkTimeAddress()));
        line("    LengthOfDevicePath: " + lengthOfDevicePath(event));
        line("    DevicePath: '" + hex(path) + "'");
    }

    private static String lengthOfDevicePath(TcgEvent event) {
        Cursor c = Cursor.of(event.data().slice(24, 8));
        return Long.toUnsignedString(c.u64("LengthOfDevicePath"));
    }

    /** Text as it is, up to its first NUL, as printf would. */
    private void action(Source data) throws IOException {
        String text = new String(data.toByteArray(), StandardCharsets.ISO_8859_1).split("\0", 2)[0];
        line("  Event: |-");
        line("    " + text);
    }

    /** A quoted string; every newline in it ends a line of the output, and blanks at the start of a line are escaped. */
    private void split(byte[] data) throws IOException {
        out.write("    String: \"");
        boolean leading = true;
        for (int i = 0; i < data.length; i++) {
            char ch = (char) (data[i] & 0xff);
            out.write(escaped(ch, leading));
            leading &= ch == ' ' || ch == '\t';
            if (ch == '\n' && i < data.length - 1) {
                out.write("\\\n      ");
                leading = true;
            }
        }
        line("\"");
    }

    private static String escaped(char ch, boolean leading) {
        return switch (ch) {
            case 0 -> "\\0";
            case 7 -> "\\a";
            case '\b' -> "\\b";
            case '\t' -> leading ? "\\t" : "\t";
            case 11 -> "\\v";
            case '\f' -> "\\f";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case 27 -> "\\e";
            case '\\' -> "\\\\";
            case '"' -> "\\\"";
            case ' ' -> leading ? "\\x20" : " ";
            default -> String.valueOf(ch);
        };
    }

    private void registers(Replay replay) throws IOException {
        line("pcrs:");
        for (DigestAlgorithm bank : DigestAlgorithm.values()) {
            if (!replay.banks().contains(bank)) {
                continue;
            }
            Map<Integer, Digest> values = replay.values(bank);
            if (!values.isEmpty()) {
                line("  " + bank.id() + ":");
            }
            for (Map.Entry<Integer, Digest> value : values.entrySet()) {
                line(String.format(
                        "    %-2d : 0x%s", value.getKey(), value.getValue().hex()));
            }
        }
    }

    private static String hex(Source source) {
        return Hex.encodeHexString(source.toByteArray());
    }

    private void line(String text) throws IOException {
        out.write(text);
        out.write('\n');
    }
}
