$( Propositional calculus with implication, negation and conjunction, for first
   steps and tests. Axioms: J. Lukasiewicz; rules and names as in set.mm. $)
$c ( ) -> -. /\ A. wff setvar |- $.
$v ph ps ch th x y $.
wph $f wff ph $.
wps $f wff ps $.
wch $f wff ch $.
wth $f wff th $.
vx $f setvar x $.
vy $f setvar y $.
wn $a wff -. ph $.
wi $a wff ( ph -> ps ) $.
wa $a wff ( ph /\ ps ) $.
ax-1 $a |- ( ph -> ( ps -> ph ) ) $.
ax-2 $a |- ( ( ph -> ( ps -> ch ) ) -> ( ( ph -> ps ) -> ( ph -> ch ) ) ) $.
ax-3 $a |- ( ( -. ph -> -. ps ) -> ( ps -> ph ) ) $.
${
  mp.1 $e |- ph $.
  mp.2 $e |- ( ph -> ps ) $.
  ax-mp $a |- ps $.
$}
$( Definition of conjunction, as two rules and two axioms. $)
simpl $a |- ( ( ph /\ ps ) -> ph ) $.
simpr $a |- ( ( ph /\ ps ) -> ps ) $.
${
  jca.1 $e |- ( ph -> ps ) $.
  jca.2 $e |- ( ph -> ch ) $.
  jca $a |- ( ph -> ( ps /\ ch ) ) $.
$}
${
  a1i.1 $e |- ph $.
  a1i $p |- ( ps -> ph ) $= ( wi ax-1 ax-mp ) ABADCABEF $.
$}
${
  a2i.1 $e |- ( ph -> ( ps -> ch ) ) $.
  a2i $p |- ( ( ph -> ps ) -> ( ph -> ch ) ) $=
    ( wi ax-2 ax-mp ) ABCEEABEACEEDABCFG $.
$}
${
  mpd.1 $e |- ( ph -> ps ) $.
  mpd.2 $e |- ( ph -> ( ps -> ch ) ) $.
  mpd $p |- ( ph -> ch ) $= ( wi a2i ax-mp ) ABFACFDABCEGH $.
$}
${
  syl.1 $e |- ( ph -> ps ) $.
  syl.2 $e |- ( ps -> ch ) $.
  syl $p |- ( ph -> ch ) $= ( wi a1i mpd ) ABCDBCFAEGH $.
$}
id $p |- ( ph -> ph ) $= ( wi ax-1 mpd ) AAABZAAACAECD $.
${
  con4i.1 $e |- ( -. ph -> -. ps ) $.
  con4i $p |- ( ps -> ph ) $= ( wn wi ax-3 ax-mp ) ADBDEBAECABFG $.
$}
${
  pm2.21i.1 $e |- -. ph $.
  pm2.21i $p |- ( ph -> ps ) $= ( wn a1i con4i ) BAADBDCEF $.
$}
${
  simpld.1 $e |- ( ph -> ( ps /\ ch ) ) $.
  simpld $p |- ( ph -> ps ) $= ( wa simpl syl ) ABCEBDBCFG $.
$}
${
  simprd.1 $e |- ( ph -> ( ps /\ ch ) ) $.
  simprd $p |- ( ph -> ch ) $= ( wa simpr syl ) ABCECDBCFG $.
$}
$( One axiom on quantifiers, for disjoint variables. $)
wal $a wff A. x ph $.
${
  $d x ph $.
  ax-5 $a |- ( ph -> A. x ph ) $.
$}
${
  $d x ph $.
  a5i.1 $e |- ( ps -> ph ) $.
  a5i $p |- ( ps -> A. x ph ) $= ( wal ax-5 syl ) BAACEDACFG $.
$}
${
  $d x ph $.  $d y ph $.  $d x y $.
  a5a5 $p |- ( ph -> A. x A. y ph ) $= ( wal ax-5 syl ) AACDACDBDACEACDBEF $.
$}
