"""The texts of the crosswalks that ship: code | name | our class | their colour | what is hidden."""

from __future__ import annotations

IO_LULC = """
0 | No data | no data | |
1 | Water | water | 419bdf |
2 | Trees | trees | 397d49 |
3 | Grass | grass | 88b053 |
4 | Flooded vegetation | flooded vegetation | 7a87c6 |
5 | Crops | crops | e49635 |
6 | Scrub/shrub | scrub/shrub | dfc35a |
7 | Built area | built area | c4281b |
8 | Bare ground | bare ground | a59b8f |
9 | Snow/ice | snow/ice | a8ebff |
10 | Clouds | clouds | 616161 |
"""
IO_ANNUAL = """
0 | No data | no data | |
1 | Water | water | 419bdf |
2 | Trees | trees | 397d49 |
4 | Flooded vegetation | flooded vegetation | 7a87c6 |
5 | Crops | crops | e49635 |
7 | Built area | built area | c4281b |
8 | Bare ground | bare ground | a59b8f |
9 | Snow/ice | snow/ice | a8ebff |
10 | Clouds | clouds | 616161 |
11 | Rangeland | grass or scrub | e3e2c3 | which of it is grass and which is scrub
"""
WORLDCOVER = """
0 | No data | no data | |
10 | Tree cover | trees | 006400 | orchards and open woods (from 10 % of crowns)
20 | Shrubland | scrub/shrub | ffbb22 |
30 | Grassland | grass | ffff4c | open savannah, which ours has with scrub
40 | Cropland | crops | f096ff | fodder grass, which is cropland only where it is sown each year
50 | Built-up | built area | fa0000 | parks and gardens, which ours has as grass or trees
60 | Bare / sparse vegetation | bare ground | b4b4b4 | sparse plants (up to 10 %)
70 | Snow and ice | snow/ice | f0f0f0 |
80 | Permanent water bodies | water | 0064c8 |
90 | Herbaceous wetland | flooded vegetation | 0096a0 | paddy, which is cropland there
95 | Mangroves | flooded vegetation | 00cf75 | mangroves, which are trees
100 | Moss and lichen | grass | fae6a0 | moss and lichen, which are no grass
"""
DYNAMIC_WORLD = """
0 | Water | water | 419bdf |
1 | Trees | trees | 397d49 |
2 | Grass | grass | 88b053 |
3 | Flooded vegetation | flooded vegetation | 7a87c6 |
4 | Crops | crops | e49635 |
5 | Shrub and scrub | scrub/shrub | dfc35a |
6 | Built area | built area | c4281b |
7 | Bare ground | bare ground | a59b8f |
8 | Snow and ice | snow/ice | b39fe1 |
"""
CCI = """
0 | No data | no data | 000000 |
10 | Cropland, rainfed | crops | ffff64 |
11 | Cropland, rainfed, herbaceous cover | crops | ffff64 |
12 | Cropland, rainfed, tree, or shrub cover | crops | ffff00 | orchards and vineyards, which may be trees
20 | Cropland, irrigated or post-flooding | crops | aaf0f0 | paddy, which ours has as flooded vegetation
30 | Mosaic cropland (>50%) / natural vegetation (tree, shrub, herbaceous cover) (<50%) | crops | dcf064 | up to half natural vegetation
40 | Mosaic natural vegetation (tree, shrub, herbaceous cover) (>50%) / cropland (<50%) | scrub/shrub | c8c864 | trees, grass and up to half crops
50 | Tree cover, broadleaved, evergreen, closed to open (>15%) | trees | 006400 | open woods (from 15 % of crowns)
60 | Tree cover, broadleaved, deciduous, closed to open (>15%) | trees | 00a000 | open woods (from 15 % of crowns)
61 | Tree cover, broadleaved, deciduous, closed (>40%) | trees | 00a000 |
62 | Tree cover, broadleaved, deciduous, open (15-40%) | trees | aac800 | open woods, which ours may have as scrub
70 | Tree cover, needleleaved, evergreen, closed to open (>15%) | trees | 003c00 | open woods (from 15 % of crowns)
71 | Tree cover, needleleaved, evergreen, closed (>40%) | trees | 003c00 |
72 | Tree cover, needleleaved, evergreen, open (15-40%) | trees | 005000 | open woods, which ours may have as scrub
80 | Tree cover, needleleaved, deciduous, closed to open (>15%) | trees | 285000 | open woods (from 15 % of crowns)
81 | Tree cover, needleleaved, deciduous, closed (>40%) | trees | 285000 |
82 | Tree cover, needleleaved, deciduous, open (15-40%) | trees | 286400 | open woods, which ours may have as scrub
90 | Tree cover, mixed leaf type (broadleaved and needleleaved) | trees | 788200 |
100 | Mosaic tree and shrub (>50%) / herbaceous cover (<50%) | scrub/shrub | 8ca000 | trees and up to half grass
110 | Mosaic herbaceous cover (>50%) / tree and shrub (<50%) | grass | be9600 | up to half trees and scrub
120 | Shrubland | scrub/shrub | 966400 |
121 | Evergreen shrubland | scrub/shrub | 966400 |
122 | Deciduous shrubland | scrub/shrub | 966400 |
130 | Grassland | grass | ffb432 |
140 | Lichens and mosses | grass | ffdcd2 | moss and lichen, which are no grass
150 | Sparse vegetation (tree, shrub, herbaceous cover) (<15%) | bare ground | ffebaf | sparse plants (up to 15 %)
151 | Sparse tree (<15%) | bare ground | ffc864 | sparse trees (up to 15 %)
152 | Sparse shrub (<15%) | bare ground | ffd278 | sparse scrub (up to 15 %)
153 | Sparse herbaceous cover (<15%) | bare ground | ffebaf | sparse grass (up to 15 %)
160 | Tree cover, flooded, fresh or brackish water | flooded vegetation | 00785a | that it is trees
170 | Tree cover, flooded, saline water | flooded vegetation | 009678 | mangroves, which are trees
180 | Shrub or herbaceous cover, flooded, fresh/saline/brackish water | flooded vegetation | 00dc82 |
190 | Urban areas | built area | c31400 | gardens and trees between houses
200 | Bare areas | bare ground | fff5d7 |
201 | Consolidated bare areas | bare ground | dcdcdc |
202 | Unconsolidated bare areas | bare ground | fff5d7 |
210 | Water bodies | water | 0046c8 |
220 | Permanent snow and ice | snow/ice | ffffff |
"""  # noqa: E501
COPERNICUS_100M = """
0 | Unknown | no data | 282828 |
20 | Shrubs | scrub/shrub | ffbb22 |
30 | Herbaceous vegetation | grass | ffff4c |
40 | Cultivated and managed vegetation / agriculture | crops | f096ff | orchards, meadows that are mown, paddy
50 | Urban / built up | built area | fa0000 | gardens and trees between houses
60 | Bare / sparse vegetation | bare ground | b4b4b4 | sparse plants (up to 10 %)
70 | Snow and ice | snow/ice | f0f0f0 |
80 | Permanent water bodies | water | 0032c8 |
90 | Herbaceous wetland | flooded vegetation | 0096a0 |
100 | Moss and lichen | grass | fae6a0 | moss and lichen, which are no grass
111 | Closed forest, evergreen needle leaf | trees | 58481f |
112 | Closed forest, evergreen broad leaf | trees | 009900 |
113 | Closed forest, deciduous needle leaf | trees | 70663e |
114 | Closed forest, deciduous broad leaf | trees | 00cc00 |
115 | Closed forest, mixed | trees | 4e751f |
116 | Closed forest, not matching any of the other definitions | trees | 007800 |
121 | Open forest, evergreen needle leaf | trees | 666000 | open woods (15-70 % of crowns) over scrub and grass
122 | Open forest, evergreen broad leaf | trees | 8db400 | open woods (15-70 % of crowns) over scrub and grass
123 | Open forest, deciduous needle leaf | trees | 8d7400 | open woods (15-70 % of crowns) over scrub and grass
124 | Open forest, deciduous broad leaf | trees | a0dc00 | open woods (15-70 % of crowns) over scrub and grass
125 | Open forest, mixed | trees | 929900 | open woods (15-70 % of crowns) over scrub and grass
126 | Open forest, not matching any of the other definitions | trees | 648c00 | open woods (15-70 % of crowns) over scrub and grass
200 | Oceans, seas | water | 000080 |
255 | No input data | no data | |
"""  # noqa: E501
IGBP = """
1 | Evergreen Needleleaf Forests | trees | 05450a |
2 | Evergreen Broadleaf Forests | trees | 086a10 |
3 | Deciduous Needleleaf Forests | trees | 54a708 |
4 | Deciduous Broadleaf Forests | trees | 78d203 |
5 | Mixed Forests | trees | 009900 |
6 | Closed Shrublands | scrub/shrub | c6b044 |
7 | Open Shrublands | scrub/shrub | dcd159 | bare ground between the shrubs (up to 90 %)
8 | Woody Savannas | scrub/shrub | dade48 | woods of 30-60 % of crowns, which ours may have as trees
9 | Savannas | scrub/shrub | fbff13 | grass under 10-30 % of crowns
10 | Grasslands | grass | b6ff05 |
11 | Permanent Wetlands | flooded vegetation | 27ff87 | water (30-60 %)
12 | Croplands | crops | c24f44 |
13 | Urban and Built-up Lands | built area | a5a5a5 |
14 | Cropland/Natural Vegetation Mosaics | crops | ff6d4c | 40-60 % natural vegetation
15 | Permanent Snow and Ice | snow/ice | 69fff8 |
16 | Barren | bare ground | f9ffa4 | sparse plants (up to 10 %)
17 | Water Bodies | water | 1c0dff |
255 | Unclassified | no data | |
"""
NLCD = """
0 | No data | no data | |
11 | Open Water | water | 466b9f |
12 | Perennial Ice/Snow | snow/ice | d1def8 |
21 | Developed, Open Space | built area | dec5c5 | lawns and parks (less than 20 % is sealed)
22 | Developed, Low Intensity | built area | d99282 | gardens (20-49 % is sealed)
23 | Developed, Medium Intensity | built area | eb0000 |
24 | Developed, High Intensity | built area | ab0000 |
31 | Barren Land (Rock/Sand/Clay) | bare ground | b3ac9f | sparse plants (up to 15 %)
41 | Deciduous Forest | trees | 68ab5f |
42 | Evergreen Forest | trees | 1c5f2c |
43 | Mixed Forest | trees | b5c58f |
51 | Dwarf Scrub | scrub/shrub | af963c |
52 | Shrub/Scrub | scrub/shrub | ccb879 |
71 | Grassland/Herbaceous | grass | dfdfc2 |
72 | Sedge/Herbaceous | grass | d1d182 | sedge, some of it wet
73 | Lichens | grass | a3cc51 | lichen, which is no grass
74 | Moss | grass | 82ba9e | moss, which is no grass
81 | Pasture/Hay | grass | dcd939 | sown hay, which may be crops
82 | Cultivated Crops | crops | ab6c28 | orchards and vineyards, which may be trees
90 | Woody Wetlands | flooded vegetation | b8d9eb | swamp forest, which is trees
95 | Emergent Herbaceous Wetlands | flooded vegetation | 6c9fb8 |
"""
LCMAP = """
0 | No data | no data | 000000 |
1 | Developed | built area | ff3232 | mines, lawns and parks
2 | Cropland | crops | be8c5a | hay, orchards and vineyards
3 | Grass/Shrub | grass or scrub | e6f0d2 | which of it is grass and which is scrub
4 | Tree Cover | trees | 1c6330 | open woods (from 10 % of crowns)
5 | Water | water | 0070ff |
6 | Wetland | flooded vegetation | b3d9ff | swamp forest, which is trees
7 | Ice/Snow | snow/ice | ffffff |
8 | Barren | bare ground | b3aea3 | sparse plants (up to 10 %)
"""
CORINE = """
111 | Continuous urban fabric | built area | e6004d |
112 | Discontinuous urban fabric | built area | ff0000 | gardens and trees between houses
121 | Industrial or commercial units | built area | cc4df2 |
122 | Road and rail networks and associated land | built area | cc0000 | verges
123 | Port areas | built area | e6cccc |
124 | Airports | built area | e6cce6 | the grass beside the runways
131 | Mineral extraction sites | bare ground | a600cc |
132 | Dump sites | bare ground | a64d00 |
133 | Construction sites | bare ground | ff4dff |
141 | Green urban areas | grass | ffa6ff | trees in parks
142 | Sport and leisure facilities | grass | ffe6ff | buildings, trees and water
211 | Non-irrigated arable land | crops | ffffa8 | leys, which are grass
212 | Permanently irrigated land | crops | ffff00 |
213 | Rice fields | flooded vegetation | e6e600 | that it is a crop: ours has paddy as flooded vegetation
221 | Vineyards | crops | e68000 |
222 | Fruit trees and berry plantations | trees | f2a64d | berries and low orchards, which may be crops
223 | Olive groves | trees | e6a600 | the ground between the trees
231 | Pastures | grass | e6e64d | hedges
241 | Annual crops associated with permanent crops | crops | ffe6a6 | trees and vines among the crops
242 | Complex cultivation patterns | crops | ffe64d | pastures, orchards and gardens among the crops
243 | Land principally occupied by agriculture, with significant areas of natural vegetation | crops | e6cc4d | natural vegetation (25-75 %)
244 | Agro-forestry areas | scrub/shrub | f2cca6 | crops or pasture under scattered trees
311 | Broad-leaved forest | trees | 80ff00 |
312 | Coniferous forest | trees | 00a600 |
313 | Mixed forest | trees | 4dff00 |
321 | Natural grasslands | grass | ccf24d |
322 | Moors and heathland | scrub/shrub | a6ff80 |
323 | Sclerophyllous vegetation | scrub/shrub | a6e64d |
324 | Transitional woodland-shrub | scrub/shrub | a6f200 | young forest, which ours may have as trees
331 | Beaches, dunes, sands | bare ground | e6e6e6 |
332 | Bare rocks | bare ground | cccccc |
333 | Sparsely vegetated areas | bare ground | ccffcc | sparse plants (10-50 %)
334 | Burnt areas | no data | 000000 | what burnt there
335 | Glaciers and perpetual snow | snow/ice | a6e6cc |
411 | Inland marshes | flooded vegetation | a6a6ff |
412 | Peat bogs | flooded vegetation | 4d4dff | dry peat, heath and cut peat
421 | Salt marshes | flooded vegetation | ccccff |
422 | Salines | bare ground | e6e6ff | water in the pans
423 | Intertidal flats | bare ground | a6a6e6 | the water of the flood
511 | Water courses | water | 00ccf2 |
512 | Water bodies | water | 80f2e6 |
521 | Coastal lagoons | water | 00ffa6 |
522 | Estuaries | water | a6ffe6 |
523 | Sea and ocean | water | e6f2ff |
999 | NODATA | no data | |
"""  # noqa: E501
