package dev.measure.cli;

import dev.measure.Source;
import dev.measure.smbios.ChidMode;
import dev.measure.smbios.ChidType;
import dev.measure.smbios.Chids;
import dev.measure.smbios.IdentityField;
import dev.measure.smbios.MachineIdentity;
import java.util.LinkedHashMap;
import java.util.Map;

/** Who a machine says it is, by a dump of its SMBIOS tables, and its CHIDs in every mode. */
final class MachineReport {
    private final Source file;
    private final MachineIdentity identity;

    MachineReport(Source file, MachineIdentity identity) {
        this.file = file;
        this.identity = identity;
    }

    void print(Page page) {
        page.heading(file.name() + ": SMBIOS tables of a machine, " + file.length() + " bytes");
        Table fields = new Table("field", "value");
        for (IdentityField field : IdentityField.values()) {
            identity.value(field).ifPresent(value -> fields.row(field.key(), value));
        }
        page.table("Identity", fields);
        Table chids = new Table("type", "stub", "analyze", "fwupd");
        for (ChidType type : ChidType.values()) {
            chids.row(type.id(), chid(ChidMode.STUB, type), chid(ChidMode.ANALYZE, type), chid(ChidMode.FWUPD, type));
        }
        page.table("CHIDs", chids);
    }

    private String chid(ChidMode mode, ChidType type) {
        return Chids.of(identity, mode).value(type).map(Object::toString).orElse("-");
    }

    Map<String, Object> found() {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (IdentityField field : IdentityField.values()) {
            identity.value(field).ifPresent(value -> fields.put(field.key(), value));
        }
        Map<String, Object> chids = new LinkedHashMap<>();
        for (ChidMode mode : ChidMode.values()) {
            Map<String, Object> byType = new LinkedHashMap<>();
            Chids.of(identity, mode).values().forEach((type, chid) -> byType.put(type.id(), chid.toString()));
            chids.put(mode.id(), byType);
        }
        return FirmwareReport.row(
                "file", file.name(), "kind", "smbios", "size", file.length(), "identity", fields, "chids", chids);
    }
}
