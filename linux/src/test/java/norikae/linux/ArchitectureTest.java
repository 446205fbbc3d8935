package norikae.linux;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;

@AnalyzeClasses(packages = "norikae", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final DescribedPredicate<JavaClass> FOREIGN = DescribedPredicate.describe(
            "of java.lang.foreign", c -> c.getPackageName().equals("java.lang.foreign"));

    @ArchTest
    static final ArchRule NATIVE_CALLS_LIVE_HERE_ALONE = noClasses()
            .that()
            .resideOutsideOfPackage("norikae.linux")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.lang.foreign")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ONE_CLASS_KNOWS_THE_LINKER = noClasses()
            .that()
            .doNotHaveSimpleName("Downcalls")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Linker.class);

    @ArchTest
    static final ArchRule NOTHING_FOREIGN_IS_SHOWN_TO_CALLERS = methods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .notHaveRawReturnType(FOREIGN)
            .andShould()
            .notHaveRawParameterTypes(DescribedPredicate.describe(
                    "with one of java.lang.foreign", types -> types.stream().anyMatch(FOREIGN)));

    @ArchTest
    static final ArchRule DEPENDS_ON_NO_OTHER_MODULE = classes()
            .that()
            .resideInAPackage("norikae.linux")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("norikae.linux", "java..", "org.slf4j..", "org.jspecify..");
}
