package dev.measure.eventlog;

import dev.measure.Source;
import dev.measure.uefi.DevicePath;
import dev.measure.uefi.GptEventData;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableData;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The data of an event, decoded by its type (TCG PC Client Platform Firmware Profile 1.06, section 10.2 to 10.4). Event data says
 * what was measured; it is a description that nobody vouches for unless its own digest is the event's.
 */
public sealed interface EventData {

    /** {@return one line for people} */
    String text();

    /**
     * The header of a crypto-agile log.
     *
     * @param header the header
     */
    record SpecIdEvent(SpecId header) implements EventData {
        @Override
        public String text() {
            return "Spec ID Event03, version " + header.specVersionMajor() + "." + header.specVersionMinor()
                    + ", errata " + header.specErrata() + ", banks "
                    + header.banks().stream().map(Bank::text).collect(Collectors.joining(", "));
        }
    }

    /**
     * TCG_EfiStartupLocalityEvent: the locality that sent TPM2_Startup.
     *
     * @param locality 0, 3, or 4 after an H-CRTM sequence
     */
    record StartupLocality(int locality) implements EventData {
        @Override
        public String text() {
            return "StartupLocality " + locality;
        }
    }

    /**
     * Another EV_NO_ACTION event, known by its 16 bytes of signature, such as {@code SP800-155 Event3}.
     *
     * @param signature the signature without NULs
     * @param data what follows it
     */
    record NoAction(String signature, Source data) implements EventData {
        @Override
        public String text() {
            return signature + ", " + data.length() + " bytes";
        }
    }

    /**
     * A variable.
     *
     * @param variable GUID, name and value
     * @param content what the value says, in words
     */
    record Variable(VariableData variable, String content) implements EventData {
        @Override
        public String text() {
            return variable.unicodeName() + " " + GuidName.text(variable.variableName())
                    + (content.isEmpty() ? "" : ": " + content);
        }
    }

    /**
     * UEFI_IMAGE_LOAD_EVENT.
     *
     * @param locationInMemory ImageLocationInMemory, an address
     * @param lengthInMemory ImageLengthInMemory, bytes
     * @param linkTimeAddress ImageLinkTimeAddress
     * @param devicePath DevicePath
     */
    record ImageLoad(long locationInMemory, long lengthInMemory, long linkTimeAddress, DevicePath devicePath)
            implements EventData {
        @Override
        public String text() {
            String path = devicePath.text();
            return (path.isEmpty() ? "no device path" : path) + ", " + Long.toUnsignedString(lengthInMemory)
                    + " bytes at 0x" + Long.toHexString(locationInMemory);
        }
    }

    /**
     * UEFI_GPT_DATA.
     *
     * @param table header and used entries
     */
    record Gpt(GptEventData table) implements EventData {
        @Override
        public String text() {
            return "disk " + table.header().diskGuid() + ", "
                    + table.partitions().stream()
                            .map(entry -> "'" + entry.partitionName() + "' " + entry.uniquePartitionGuid())
                            .collect(Collectors.joining(", "));
        }
    }

    /**
     * UEFI_PLATFORM_FIRMWARE_BLOB or UEFI_PLATFORM_FIRMWARE_BLOB2.
     *
     * @param description BlobDescription; empty in the older form
     * @param base address of the blob
     * @param length its bytes
     */
    record FirmwareBlob(Optional<String> description, long base, long length) implements EventData {
        @Override
        public String text() {
            return description.map(text -> text + ", ").orElse("") + Long.toUnsignedString(length) + " bytes at 0x"
                    + Long.toHexString(base);
        }
    }

    /**
     * UEFI_HANDOFF_TABLE_POINTERS or UEFI_HANDOFF_TABLE_POINTERS2.
     *
     * @param description TableDescription; empty in the older form
     * @param tables the tables
     */
    record HandoffTables(Optional<String> description, List<Table> tables) implements EventData {
        /** Copies the list. */
        public HandoffTables {
            tables = List.copyOf(tables);
        }

        @Override
        public String text() {
            return description.map(text -> text + ": ").orElse("")
                    + tables.stream()
                            .map(table -> GuidName.text(table.guid()) + " at 0x" + Long.toHexString(table.address()))
                            .collect(Collectors.joining(", "));
        }
    }

    /**
     * An EFI_CONFIGURATION_TABLE.
     *
     * @param guid VendorGuid
     * @param address VendorTable
     */
    record Table(UUID guid, long address) {}

    /**
     * TCG_PCClientTaggedEvent.
     *
     * @param tagId taggedEventID, 32 bits, unsigned
     * @param data taggedEventData
     * @param content what the data says, in words
     */
    record TaggedEvent(long tagId, Source data, String content) implements EventData {
        @Override
        public String text() {
            return EventTag.name(tagId)
                            .map(name -> name + String.format(" (0x%08x)", tagId))
                            .orElseGet(() -> String.format("tag 0x%08x", tagId))
                    + (content.isEmpty() ? "" : ": " + content);
        }
    }

    /**
     * td-shim's structure: a name of 16 bytes, a length, data.
     *
     * @param name such as {@code td_hob}
     * @param data the data, which is what was measured
     */
    record TdShimEvent(String name, Source data) implements EventData {
        @Override
        public String text() {
            return name + ", " + data.length() + " bytes";
        }
    }

    /**
     * EV_SEPARATOR.
     *
     * @param value 0 or 0xffffffff, or 1 if the firmware reports an error
     */
    record Separator(long value) implements EventData {
        @Override
        public String text() {
            return String.format("0x%08x", value) + (value == 1 ? ", the firmware reported an error" : "");
        }
    }

    /**
     * Text, in ASCII, UTF-8 or UTF-16.
     *
     * @param value the text without NULs at its end
     */
    record Text(String value) implements EventData {
        @Override
        public String text() {
            return Printable.of(value);
        }
    }

    /**
     * Data that is not decoded.
     *
     * @param data the bytes
     * @param reason what is wrong with them; empty if the type has no structure
     */
    record Raw(Source data, Optional<String> reason) implements EventData {
        @Override
        public String text() {
            return Printable.hex(data) + reason.map(why -> " (" + why + ")").orElse("");
        }
    }
}
