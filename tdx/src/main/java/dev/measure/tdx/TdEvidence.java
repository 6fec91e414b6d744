package dev.measure.tdx;

import dev.measure.CallerData;
import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What hardware says of a trust domain: a {@link TdReport}, which only the same machine can check, or a {@link TdQuote}. */
public sealed interface TdEvidence extends RegisterEvidence permits TdReport, TdQuote {
    /** {@return what kind of trust domain it is} */
    TdAttributes attributes();

    /** {@return the processor features that it may use, as bits of XCR0 and IA32_XSS} */
    long xfam();

    /** {@return the build-time measurement} */
    Digest mrtd();

    /** {@return what the owner's software configured, given by the VMM ({@code mrconfigid}); not measured} */
    Digest mrConfigId();

    /** {@return the id of the owner, given by the VMM} */
    Digest mrOwner();

    /** {@return the owner's configuration, given by the VMM} */
    Digest mrOwnerConfig();

    /** {@return RTMR0 to RTMR3} */
    List<Digest> rtmrs();

    /** {@return the 64 bytes that the guest put into the report} */
    Source reportData();

    /** {@return TEE_TCB_SVN, 16 bytes: the security versions of the TDX module} */
    Source teeTcbSvn();

    /** {@return MRSEAM, the measurement of the TDX module} */
    Digest mrSeam();

    /** {@return MRSIGNERSEAM, the measurement of the signer of the TDX module; zero for Intel} */
    Digest mrSignerSeam();

    /** {@return SEAMATTRIBUTES, the attributes of the TDX module; zero for one in production} */
    long seamAttributes();

    /** {@return TEE_TCB_SVN_2, 16 bytes: the security versions of the TDX module that runs now; empty if the form has none} */
    Optional<Source> secondTeeTcbSvn();

    /** {@return MRSERVICETD, the measurement of the service TDs, zero without; empty if the form has none} */
    Optional<Digest> mrServiceTd();

    /** {@return tdx} */
    @Override
    default Optional<String> technology() {
        return Optional.of(TdPolicy.TECHNOLOGY);
    }

    /** {@return a verdict for each field that a policy of {@link dev.measure.golden.PolicyFields} names} */
    @Override
    default List<FieldVerdict> check(Map<String, String> policy) {
        return TdPolicy.of(policy).check(this);
    }

    /** {@return REPORTDATA} */
    @Override
    default Optional<CallerData> callerData() {
        return Optional.of(new CallerData("REPORTDATA", reportData(), true));
    }

    /** {@return MRTD and the four RTMRs} */
    @Override
    default Map<Register, Digest> registers() {
        Map<Register, Digest> registers = new LinkedHashMap<>();
        registers.put(new Register.Mrtd(), mrtd());
        for (int i = 0; i < rtmrs().size(); i++) {
            registers.put(new Register.Rtmr(i), rtmrs().get(i));
        }
        return Collections.unmodifiableMap(registers);
    }
}
