package norikae.systemtest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows of docs/ARCHITECTURE.md, where all modules can be seen. */
class ArchitectureTest {

    private static final JavaClasses NORIKAE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("norikae");

    @Test
    void theScanSawTheWholeHouse() {
        assertThat(NORIKAE.size()).isGreaterThan(400);
    }

    @Test
    void arrowsPointDownOnly() {
        String fencing = "norikae.fencing..";
        String mirror = "norikae.mirror..";
        String transfer = "norikae.transfer..";
        String agent = "norikae.agent..";
        String lab = "norikae.lab..";
        String failover = "norikae.failover..";
        nothingPointsFrom("norikae.linux..", failover, fencing, mirror, transfer, agent, lab);
        nothingPointsFrom(failover, fencing, mirror, transfer, agent, lab);
        nothingPointsFrom(fencing, mirror, transfer, agent, lab);
        nothingPointsFrom(mirror, fencing, transfer, agent, lab);
        nothingPointsFrom(transfer, failover, fencing, mirror, agent, lab); // it knows nothing of clusters
        nothingPointsFrom(agent, lab);
    }

    private static void nothingPointsFrom(String from, String... to) {
        noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(to)
                .check(NORIKAE);
    }

    @Test
    void onlyOnePackageKnowsRatis() {
        noClasses()
                .that()
                .resideOutsideOfPackage("norikae.failover.log.ratis..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .check(NORIKAE);
    }

    @Test
    void onlyLinuxMakesNativeCalls() {
        noClasses()
                .that()
                .resideOutsideOfPackage("norikae.linux..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor).*")
                .because("a view of memory that one has is no native call, a downcall is")
                .check(NORIKAE);
    }

    @Test
    void theDecisionsOfAMoveTouchNothingOutside() {
        noClasses()
                .that()
                .resideInAnyPackage("norikae.failover.model..", "norikae.failover.move..", "norikae.failover.monitor..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio..", "java.net..", "java.util.concurrent..", "org.apache..")
                .check(NORIKAE);
    }
}
